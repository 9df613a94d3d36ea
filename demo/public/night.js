const end = document.getElementById("end");
const said = document.getElementById("said");

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

end.addEventListener("click", async () => {
  end.disabled = true;
  said.textContent = "";
  try {
    const reply = await fetch("/end-sleep", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user: end.dataset.user }),
    });
    const { event, status, answer } = await reply.json();
    document.getElementById("event").textContent = JSON.stringify(event, null, 2);
    const mark = document.getElementById("status");
    mark.textContent = status || "no answer";
    mark.classList.toggle("bad", status !== 200);
    document.getElementById("answer").textContent = pretty(answer);
    document.getElementById("result").hidden = false;
    said.textContent = status === 200 ? "Sleep session ended." : "Sonde did not accept the event.";
  } catch {
    said.textContent = "Our own server did not answer.";
  }
  end.disabled = false;
});

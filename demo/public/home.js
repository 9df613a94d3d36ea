const log = document.getElementById("log");

function say(text) {
  const line = document.createElement("li");
  line.textContent = text;
  log.append(line);
}

function fire() {
  const { sonde } = window;
  if (!sonde) return say("Sonde's script could not be loaded. The page works without it.");
  sonde.trigger("MainActivity", { screen: "home" }).then(({ shown }) => say(`trigger MainActivity → shown: ${shown}`));
}

if (window.sonde) {
  sonde.on("survey_completed", ({ answers }) => say(`survey_completed ${JSON.stringify(answers)}`));
  sonde.on("survey_dismissed", () => say("survey_dismissed"));
}
document.getElementById("fire").addEventListener("click", fire);
fire();

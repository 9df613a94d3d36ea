/** The pages, as text. Whatever comes from outside is escaped. */

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escape(text) {
  return String(text).replace(/[&<>"']/g, (char) => ESCAPES[char]);
}

function page({ title, user, current, main, scripts }) {
  const query = `?user=${encodeURIComponent(user)}`;
  const link = (href, name) => `<a href="${href}${escape(query)}"${href === current ? ' aria-current="page"' : ""}>${name}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Lull</title>
<link rel="icon" href="/moon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="top">
<a class="brand" href="/${escape(query)}"><img src="/moon.svg" alt="" width="28" height="28">Lull</a>
<nav aria-label="Main">${link("/", "Last night")}${link("/home", "Home")}</nav>
<form class="who" method="get" action="${current}">
<label for="user">User</label><input id="user" name="user" value="${escape(user)}" autocomplete="off" maxlength="256">
<button>Switch</button>
</form>
</header>
<main>${main}</main>
<footer>A make-believe customer of Sonde. Its server holds the backend key, its pages only the SDK key.</footer>
${scripts}
</body>
</html>
`;
}

export function nightPage(user) {
  const main = `
<p class="kicker">Sunday night</p>
<h1>Good morning, <span class="name">${escape(user)}</span></h1>
<p class="lead">Your ring says that you are awake. Close the night to keep it in your diary.</p>
<section class="panel night" aria-labelledby="night-title">
<h2 id="night-title">The night so far</h2>
<dl class="facts">
<div><dt>Asleep</dt><dd>7 h 17 min</dd></div>
<div><dt>Sleep score</dt><dd>82.5</dd></div>
<div><dt>Measured by</dt><dd>Ring</dd></div>
</dl>
<svg class="curve" viewBox="0 0 600 96" preserveAspectRatio="none" aria-hidden="true"><path d="M0 18C40 20 52 74 96 78s64-34 104-34 58 42 104 42 60-52 108-52 52 36 92 36 56-44 96-54"/></svg>
<div class="actions"><button class="primary" id="end" data-user="${escape(user)}">End sleep session</button>
<a class="quiet" href="/home?user=${escape(encodeURIComponent(user))}">Go to Home</a></div>
</section>
<section class="panel" aria-labelledby="answer-title" id="result" hidden>
<h2 id="answer-title">What our server told Sonde</h2>
<pre id="event"></pre>
<h3>What Sonde answered <span class="status" id="status"></span></h3>
<pre id="answer"></pre>
<p class="hint">The survey is due now. It shows when this user reaches the right place: <a href="/home?user=${escape(encodeURIComponent(user))}">open Home</a>.</p>
</section>
<p class="said" role="status" id="said"></p>`;
  return page({ title: "Last night", user, current: "/", main, scripts: '<script src="/night.js"></script>' });
}

export function homePage(user, { sonde, sdkKey }) {
  const main = `
<p class="kicker">Home</p>
<h1>Your week in sleep</h1>
<p class="lead">This page fires <code>MainActivity</code> when it opens.</p>
<section class="panel" aria-labelledby="week-title">
<h2 id="week-title">Seven nights</h2>
<ol class="week">${week()}</ol>
</section>
<section class="panel" aria-labelledby="sdk-title">
<h2 id="sdk-title">What the SDK says</h2>
<ul class="log" id="log" aria-live="polite"></ul>
<div class="actions"><button class="primary" id="fire">Fire MainActivity again</button></div>
</section>`;
  const tag = `<script src="${escape(sonde)}/sdk/v1/sonde.js" data-key="${escape(sdkKey)}" data-user="${escape(user)}"></script>`;
  return page({ title: "Home", user, current: "/home", main, scripts: `${tag}\n<script src="/home.js"></script>` });
}

function week() {
  const nights = [["Mon", 7.2], ["Tue", 6.4], ["Wed", 7.8], ["Thu", 5.9], ["Fri", 6.8], ["Sat", 8.4], ["Sun", 7.3]];
  return nights
    .map(([day, hours]) => `<li><span class="bar" data-hours="${Math.round(hours)}"></span><span class="hours">${hours} h</span><span class="day">${day}</span></li>`)
    .join("");
}

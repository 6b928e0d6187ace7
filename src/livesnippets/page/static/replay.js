/* Replay a recorded run over the code that the page shows. Nothing plays by itself. */
(() => {
  "use strict";
  const STATE = { r: "running", w: "waiting", s: "suspended" };
  const SLOWER = 5, MOST_CALLS = 4;
  const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

  /* The lines of the page by file and number; a page may show one line more than once. */
  const shown = new Map();
  /* The pictures, and how each is shown at a moment; then the one that is. */
  const replays = new Map();
  let lit = [], playing = null;

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function button(text, label, onclick) {
    const made = element("button", { type: "button", textContent: text, onclick });
    if (label) made.setAttribute("aria-label", label);
    return made;
  }

  /* The span that a call is in at a moment, or nothing. Spans are sorted. */
  function spanAt(spans, moment) {
    let low = 0, high = spans.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, [, start, stop] = spans[middle];
      if (moment < start) high = middle - 1;
      else if (moment >= stop) low = middle + 1;
      else return spans[middle];
    }
    return null;
  }

  /* The calls under way at a moment. One is outer if it only waits for a call that it made. */
  function callsAt(calls, moment) {
    const active = new Map();
    calls.forEach((call, index) => {
      const span = spanAt(call.spans, moment);
      if (span) active.set(index, { call, state: STATE[span[0]], line: span[3], outer: false });
    });
    for (const { call, state } of active.values()) {
      const caller = active.get(call.by);
      if (caller && caller.state === state) caller.outer = true;
    }
    return [...active.values()];
  }

  function light(active) {
    for (const line of lit) {
      delete line.dataset.lit;
      delete line.dataset.outer;
    }
    lit = [];
    // Where two calls are on one line, the one nearest to the work decides.
    const rank = ({ state, outer }) => (outer ? 0 : 3) + ["suspended", "waiting", "running"].indexOf(state);
    for (const at of [...active].sort((a, b) => rank(a) - rank(b))) {
      for (const line of shown.get(`${at.call.path}:${at.line}`) || []) {
        line.dataset.lit = at.state;
        line.toggleAttribute("data-outer", at.outer);
        lit.push(line);
      }
    }
  }

  function replay(picture) {
    const { end, calls } = JSON.parse(picture.querySelector("script").textContent);
    for (const { spans } of calls) {
      spans.reduce((before, span) => {
        span[1] += before;
        return (span[2] += span[1]);
      }, 0);
    }
    const steps = [...new Set(calls.flatMap((call) => call.spans.map((span) => span[1])))]
      .filter((moment) => moment >= 0).sort((a, b) => a - b);
    const processes = [...new Set(calls.map((call) => call.process))];
    const cursor = picture.querySelector(".tl-cursor");
    const width = Number(picture.dataset.width);
    let timer = 0;

    const slider = element("input", { type: "range", min: 0, max: end, step: "any", value: 0 });
    slider.setAttribute("aria-label", "moment of the run");
    const clock = element("span", { className: "replay-clock", textContent: "0.0 ms" });
    const says = element("table", { className: "replay-says" });
    const play = button("Play", "", () => (timer ? stop() : start()));
    const back = button("‹", "one step back", () => step(-1));
    const next = button("›", "one step on", () => step(1));

    /* One row a process, so that nothing moves: what it does, and the line of code. */
    function row(process, at) {
      const line = at && shown.get(`${at.call.path}:${at.line}`);
      const code = line ? line[0].textContent.trim() : at ? `line ${at.line}` : "";
      return element("tr", at ? {} : { className: "replay-idle" },
        element("th", { scope: "row", textContent: process }),
        element("td", { textContent: at ? at.state : "idle", className: at ? `replay-${at.state}` : "" }),
        element("td", {}, element("code", { textContent: code })));
    }

    function say(calls) {
      says.replaceChildren(...processes.flatMap((process) => {
        const its = calls.filter((at) => at.call.process === process);
        return its.length ? its.slice(0, MOST_CALLS).map((at) => row(process, at)) : row(process, null);
      }));
    }

    function show(moment) {
      if (playing !== me) playing?.leave();
      playing = me;
      const active = callsAt(calls, moment);
      light(active);
      const inner = active.filter((at) => !at.outer);
      say(inner);
      clock.textContent = `${(moment / 1000).toFixed(1)} ms`;
      slider.value = moment;
      slider.setAttribute("aria-valuetext", [clock.textContent,
        ...inner.map((at) => `${at.call.name} ${at.state} at line ${at.line}`)].join("; "));
      cursor.setAttribute("x1", `${(100 * moment) / width}%`);
      cursor.setAttribute("x2", `${(100 * moment) / width}%`);
      cursor.classList.add("tl-shown");
    }

    function stop() {
      cancelAnimationFrame(timer);
      timer = 0;
      play.textContent = "Play";
    }

    function leave() {
      stop();
      light([]);
      cursor.classList.remove("tl-shown");
      controls.classList.remove("replay-docked");
      playing = null;
    }

    function start() {
      const from = Number(slider.value) >= end ? 0 : Number(slider.value);
      const began = performance.now();
      const frame = (now) => {
        const moment = from + (Math.max(now - began, 0) * 1000) / SLOWER;
        show(Math.min(moment, end));
        if (moment < end) timer = requestAnimationFrame(frame);
        else stop();
      };
      timer = requestAnimationFrame(frame);
      play.textContent = "Pause";
    }

    function step(direction) {
      stop();
      const at = Number(slider.value);
      const to = direction > 0 ? steps.find((moment) => moment > at)
        : steps.findLast((moment) => moment < at);
      show(to ?? (direction > 0 ? end : 0));
    }

    slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
    slider.addEventListener("keydown", (event) => {
      if (ARROWS[event.key]) { event.preventDefault(); step(ARROWS[event.key]); }
    });
    const close = button("×", "end the replay", leave);
    close.className = "replay-close";
    const controls = element("div", { className: "replay" }, slider, back, next, clock, close, says);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      play.title = `${SLOWER} times slower than it was`;
      slider.after(play);
    }
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", `replay of ${picture.dataset.recording}`);
    const place = element("div", {}, controls);
    picture.append(place);
    say([]);
    // The code is further up: who scrolls there takes the controls along.
    new IntersectionObserver(([{ isIntersecting }]) => {
      place.style.minHeight = `${place.offsetHeight}px`;
      controls.classList.toggle("replay-docked", playing === me && !isIntersecting);
      if (isIntersecting) place.style.minHeight = "";
    }).observe(picture);
    const me = { show, leave, end, recording: picture.dataset.recording, moment: () => Number(slider.value) };
    return me;
  }

  function setUp() {
    shown.clear();
    for (const line of document.querySelectorAll(".snippet .line[data-n]")) {
      const key = `${line.closest(".snippet").dataset.snippet}:${line.dataset.n}`;
      shown.set(key, [...(shown.get(key) || []), line]);
    }
    const before = new Map(replays);
    replays.clear();
    for (const picture of document.querySelectorAll(".timeline-picture")) {
      replays.set(picture, before.get(picture) ?? replay(picture));
    }
  }

  setUp();
  /* Whoever changes the page says so: what was shown goes on, over the code as it is now. */
  document.addEventListener("livesnippets:swapped", () => {
    setUp();
    if (!playing) return;
    const again = [...replays.values()].find(({ recording }) => recording === playing.recording);
    if (again) again.show(Math.min(playing.moment(), again.end));
    else playing.leave();
  });
})();

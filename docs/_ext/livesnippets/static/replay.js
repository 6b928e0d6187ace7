/* Replay a recorded run over the code that the page shows. Nothing plays by itself. */
(() => {
  "use strict";
  const STATE = { r: "running", w: "waiting", s: "suspended" };
  const SLOWER = 5;

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /* Where each call is at a moment: its span, or nothing. Spans are sorted. */
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

  function lineOf(path, number) {
    return document.querySelector(
      `.snippet[data-snippet="${CSS.escape(path)}"] .line[data-n="${number}"]`);
  }

  function replay(picture) {
    const { end, calls } = JSON.parse(picture.querySelector("script").textContent);
    const steps = [...new Set(calls.flatMap((call) => call.spans.map((span) => span[1])))]
      .filter((moment) => moment >= 0).sort((a, b) => a - b);
    const cursor = picture.querySelector(".tl-cursor");
    const width = Number(picture.dataset.width);
    let lit = [], timer = 0;

    const slider = element("input", { type: "range", min: 0, max: end, step: "any", value: 0 });
    slider.setAttribute("aria-label", "moment of the run");
    const says = element("output", { className: "replay-says" });
    const play = element("button", { type: "button", textContent: "Play" });
    const back = element("button", { type: "button", textContent: "‹" });
    const next = element("button", { type: "button", textContent: "›" });
    back.setAttribute("aria-label", "one step back");
    next.setAttribute("aria-label", "one step on");

    function show(moment) {
      for (const line of lit) line.classList.remove("lit", "lit-running", "lit-waiting", "lit-suspended");
      lit = [];
      const said = [];
      for (const call of calls) {
        const span = spanAt(call.spans, moment);
        if (!span) continue;
        const state = STATE[span[0]], line = lineOf(call.path, span[3]);
        said.push(`${call.process === "driver" ? "driver: " : ""}${call.name} ${state} at line ${span[3]}`);
        if (line) {
          line.classList.add("lit", `lit-${state}`);
          lit.push(line);
        }
      }
      const text = `${(moment / 1000).toFixed(1)} ms: ${said.join("; ") || "nothing of ours runs"}`;
      says.textContent = text;
      slider.value = moment;
      slider.setAttribute("aria-valuetext", text);
      cursor.setAttribute("x1", `${(100 * moment) / width}%`);
      cursor.setAttribute("x2", `${(100 * moment) / width}%`);
      cursor.classList.add("tl-shown");
    }

    function stop() {
      cancelAnimationFrame(timer);
      timer = 0;
      play.textContent = "Play";
    }

    function start() {
      const from = Number(slider.value) >= end ? 0 : Number(slider.value);
      const began = performance.now();
      play.textContent = "Pause";
      const frame = (now) => {
        const moment = from + ((now - began) * 1000) / SLOWER;
        show(Math.min(moment, end));
        if (moment < end) timer = requestAnimationFrame(frame);
        else stop();
      };
      timer = requestAnimationFrame(frame);
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
      const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (direction) { event.preventDefault(); step(direction); }
    });
    play.addEventListener("click", () => (timer ? stop() : start()));
    back.addEventListener("click", () => step(-1));
    next.addEventListener("click", () => step(1));

    const controls = element("div", { className: "replay" }, back, next, slider, says);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      play.title = `${SLOWER} times slower than it was`;
      controls.prepend(play);
    }
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", `replay of ${picture.dataset.recording}`);
    picture.append(controls);
  }

  document.querySelectorAll(".timeline-picture").forEach(replay);
})();

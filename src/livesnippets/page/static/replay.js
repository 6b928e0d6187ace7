/* Replay a recorded run over the code that the page shows. Nothing plays by itself. */
(() => {
  "use strict";
  /* What a call does, by the letter of its span, in order of how near it is to the work. */
  const DOES = { s: "suspended", e: "waiting", w: "in ray.wait", g: "in ray.get", z: "sleeping", r: "running" };
  const COLOUR = { e: "waiting", w: "waiting", g: "waiting" };
  const SLOWER = 5;
  const HERE = document.currentScript.src;
  const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

  /* The lines of the page by file and number; a page may show one line more than once. */
  const shown = new Map();
  /* The pictures, and how each is shown at a moment; then those that are, and what lights up. */
  const replays = new Map(), lights = new Map();
  let dark = () => {}, playing = [], asked = 0, timer = 0, pressed = null;

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

  /* Each recording comes as a script of its own, when somebody wants to see it: also from a disk. */
  const wanted = new Map(), coming = new Map();
  window.livesnippetsReplay = (name, calls) => wanted.get(name)?.(unpacked(calls));

  function load(name) {
    if (!coming.has(name)) {
      coming.set(name, new Promise((resolve, reject) => {
        wanted.set(name, resolve);
        const script = element("script", { src: new URL(`replays/${name}.js`, HERE).href });
        script.addEventListener("error", () => { coming.delete(name); script.remove(); reject(); });
        document.head.append(script);
      }));
    }
    return coming.get(name);
  }

  /* Spans are kept as differences. */
  function unpacked(calls) {
    for (const { spans } of calls) {
      spans.reduce((before, span) => {
        span[1] += before;
        return (span[2] += span[1]);
      }, 0);
    }
    return calls;
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

  /* The calls under way at a moment, the nearest to the work last. One is outer if it only
     waits for a call that it made. */
  function callsAt(calls, moment) {
    const active = new Map();
    calls.forEach((call, index) => {
      const span = spanAt(call.spans, moment);
      if (!span) return;
      const [letter, , , line] = span, does = DOES[letter];
      active.set(index, { call, does, line, state: COLOUR[letter] || does, outer: false });
    });
    for (const { call, state } of active.values()) {
      const caller = active.get(call.by);
      // A call sleeps in what it calls while its caller runs.
      if (caller && (caller.state === state || (caller.state === "running" && state === "sleeping"))) caller.outer = true;
    }
    const words = Object.values(DOES);
    const rank = (at) => (at.outer ? 0 : words.length) + words.indexOf(at.does);
    return [...active.values()].sort((a, b) => rank(a) - rank(b));
  }

  /* Colour the lines that calls are on; the last call decides. Returns how to undo it. */
  function light(active, linesOf) {
    const lit = [];
    for (const at of active) {
      for (const line of linesOf(at)) {
        line.dataset.lit = at.state;
        line.dataset.does = at.does;
        line.toggleAttribute("data-outer", at.outer);
        lit.push(line);
      }
    }
    return () => lit.forEach((line) => ["lit", "does", "outer"].forEach((name) => delete line.dataset[name]));
  }

  const linesOf = (at) => shown.get(`${at.call.path}:${at.line}`) || [];

  function relight() {
    dark();
    dark = light([...lights.values()].flat(), linesOf);
  }

  /* What is asked for last counts, whichever recording comes first. */
  function whenHere(members, act) {
    const mine = (asked += 1);
    Promise.all(members.map((each) => each.here())).then(() => { if (mine === asked) act(); }, () => {});
  }

  function stop() {
    cancelAnimationFrame(timer);
    timer = 0;
    if (pressed) pressed.textContent = "Play";
    pressed = null;
  }

  /* Pictures that play together begin together, and end when the longest does. */
  function start(members, button) {
    const longest = Math.max(...members.map(({ end }) => end)), at = Math.max(...members.map((each) => each.moment()));
    const from = at >= longest ? 0 : at, began = performance.now();
    const frame = (now) => {
      const moment = from + (Math.max(now - began, 0) * 1000) / SLOWER;
      for (const each of members) each.at(Math.min(moment, each.end), members);
      if (moment < longest) timer = requestAnimationFrame(frame);
      else stop();
    };
    stop();
    timer = requestAnimationFrame(frame);
    pressed = button;
    button.textContent = "Pause";
  }

  /* The button that had the focus may be gone then; who steps on, goes on from here. */
  function quit(here) {
    stop();
    for (const each of playing) each.leave();
    here.focus({ preventScroll: true });
  }

  function playButton(members) {
    const play = button("Play", "", () => (pressed === play ? stop() : whenHere(members(), () => start(members(), play))));
    play.title = `${SLOWER} times slower than it was`;
    play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
    return play;
  }

  /* Shows the block of the page that a process is in, and the line. Idle, it keeps the block. */
  function viewer(process) {
    const head = element("p"), code = element("pre", { tabIndex: 0 });  // it scrolls
    const node = element("div", {}, head, code);
    let block = null, dark = () => {};
    return { node, show(active) {
      const its = active.filter((at) => at.call.process === process);
      const at = its.at(-1), [line] = at ? linesOf(at) : [];
      head.replaceChildren(process, at ? `: ${at.call.name.split(".").at(-1)}, ` : ", ",
        element("em", { textContent: at ? at.does : "idle" }));
      node.className = "highlight";  // earlier, it would get a button for copying
      dark();
      if (line && line.closest("pre") !== block) {
        block = line.closest("pre");
        code.replaceChildren(...block.cloneNode(true).childNodes);
        for (const each of code.querySelectorAll("[data-lit]")) {
          ["lit", "does", "outer"].forEach((name) => delete each.dataset[name]);
        }
      } else if (at && !line) {
        block = null;
        code.textContent = `line ${at.line} of ${at.call.path}`;
      }
      const here = its.filter((each) => line && each.call.path === at.call.path);
      dark = light(here, (each) => code.querySelectorAll(`[data-n="${each.line}"]`));
      const middle = line && code.querySelector(`[data-n="${at.line}"]`);
      if (middle) code.scrollTop = middle.offsetTop - (code.clientHeight - middle.offsetHeight) / 2;
    } };
  }

  function replay(picture) {
    let calls = null, steps = [], viewers = [];
    const cursor = picture.querySelector(".tl-cursor");
    const scroll = picture.querySelector(".timeline-scroll"), [names, plot] = scroll.children;
    const width = Number(picture.dataset.width), end = Number(picture.dataset.end);
    const beside = picture.closest(".timeline-beside");

    const slider = element("input", { type: "range", min: 0, max: end, step: "any", value: 0 });
    const title = picture.querySelector(".timeline-title").textContent;
    slider.setAttribute("aria-label", `moment of the run: ${title}`);
    const clock = element("span", { className: "replay-clock", textContent: "0.0 ms" });
    const code = element("div", { className: "replay-code", hidden: true });
    const back = button("‹", "one step back", () => whenHere([me], () => step(-1)));
    const next = button("›", "one step on", () => whenHere([me], () => step(1)));

    const here = () => load(picture.dataset.replay).then((loaded) => calls ?? take(loaded), () => {
      clock.textContent = "cannot load the recording";
      throw new Error();  // nothing is to be done with it
    });

    function take(loaded) {
      calls = loaded;
      steps = [...new Set(calls.flatMap((call) => call.spans.map((span) => span[1])))]
        .filter((moment) => moment >= 0).sort((a, b) => a - b);
      viewers = [...new Set(calls.map((call) => call.process))].map(viewer);
      code.replaceChildren(...viewers.map((each) => each.node));
    }

    /* The code comes above the picture; what the pointer is on stays where it is. */
    function open(hidden) {
      close.hidden = hidden;
      if (beside || code.hidden === hidden) return;
      const top = slider.getBoundingClientRect().top;
      code.hidden = hidden;
      scrollBy({ top: slider.getBoundingClientRect().top - top, behavior: "instant" });
      // The browser itself makes up for what has grown, in its next frame.
      const settle = () => picture.scrollIntoView({ block: "nearest", behavior: "instant" });
      if (!hidden) requestAnimationFrame(() => requestAnimationFrame(settle));
    }

    /* The names cover what is left of the plot. */
    function reveal(moment) {
      const at = (plot.offsetWidth * moment) / width - scroll.scrollLeft, room = scroll.clientWidth - names.offsetWidth;
      if (at < 0 || at > room) scroll.scrollLeft += at - room / 2;
    }

    function show(moment, together = [me]) {
      for (const each of playing) if (!together.includes(each)) each.leave();
      playing = together;
      open(false);
      const active = callsAt(calls, moment);
      lights.set(me, active);
      relight();
      for (const each of viewers) each.show(active);
      clock.textContent = `${(moment / 1000).toFixed(1)} ms`;
      slider.value = moment;
      slider.setAttribute("aria-valuetext", [clock.textContent, ...active.filter((at) => !at.outer)
        .map((at) => `${at.call.name} ${at.does} at line ${at.line}`)].join("; "));
      for (const x of ["x1", "x2"]) cursor.setAttribute(x, `${(100 * moment) / width}%`);
      cursor.classList.add("tl-shown");
      reveal(moment);
    }

    function leave() {
      lights.delete(me);
      relight();
      cursor.classList.remove("tl-shown");
      open(true);
      playing = [];
    }

    function step(direction) {
      stop();
      const at = Number(slider.value);
      const to = direction > 0 ? steps.find((moment) => moment > at)
        : steps.findLast((moment) => moment < at);
      show(to ?? (direction > 0 ? end : 0));
    }

    slider.addEventListener("input", () => { stop(); whenHere([me], () => show(Number(slider.value))); });
    slider.addEventListener("keydown", (event) => {
      if (ARROWS[event.key]) { event.preventDefault(); whenHere([me], () => step(ARROWS[event.key])); }
    });
    const close = button("×", "end the replay", () => quit(slider));
    close.hidden = true;
    const controls = element("div", { className: "replay" }, back, next, clock, close);
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", `replay: ${title}`);
    // A thumb's middle runs from half a thumb after its slider's begin to half a thumb before its end.
    slider.style.width = `calc(${(100 * end) / width}% + var(--thumb))`;
    plot.append(slider);
    scroll.before(code);
    scroll.after(controls);
    const callout = picture.querySelector(".timeline-callout");
    if (callout) {
      const at = Number(callout.dataset.at);
      callout.append(" ", button("Jump to it", "", () => {
        stop();
        whenHere([me], () => show(at));
        slider.focus({ preventScroll: true });  // it says what there is, and steps from there
      }));
      reveal(at);
    }
    picture.addEventListener("keydown", (event) => { if (event.key === "Escape" && playing.includes(me)) quit(slider); });
    const me = { here, at: show, leave, end, recording: picture.dataset.recording, moment: () => Number(slider.value) };
    if (!beside) controls.prepend(playButton(() => [me]));
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
    for (const beside of document.querySelectorAll(".timeline-beside:not(:has(> .replay))")) {
      const members = () => [...beside.querySelectorAll(".timeline-picture")].map((each) => replays.get(each));
      const play = playButton(members);
      play.addEventListener("keydown", (event) => { if (event.key === "Escape" && playing.length) quit(play); });
      beside.prepend(element("div", { className: "replay" }, play));
    }
  }

  setUp();
  /* Whoever changes the page says so: what was shown goes on, over the code as it is now. */
  document.addEventListener("livesnippets:swapped", () => {
    setUp();
    for (const before of playing) {
      const again = [...replays.values()].find(({ recording }) => recording === before.recording);
      if (again) whenHere([again], () => again.at(Math.min(before.moment(), again.end)));
      else before.leave();
    }
  });
})();

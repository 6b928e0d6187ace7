// Keeps a page of the preview up to date: what runs, what failed, and its text when it changed.
(() => {
  "use strict";
  const { assets } = document.currentScript.dataset;
  let mine = document.currentScript.dataset.version;
  const path = location.pathname.slice(1).replace(/(^|\/)$/, "$1index.html");
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  };
  const say = (element, text) => {  // what stays as it is costs no new layout
    if (element.textContent !== text) element.textContent = text;
  };

  const bar = make("aside", "preview-bar");
  bar.setAttribute("aria-label", "Preview");
  const says = make("p");
  says.setAttribute("role", "status");
  const word = make("span"), clock = make("span");
  clock.setAttribute("aria-hidden", "true");  // nobody wants to hear each second
  says.append(word, clock);
  const details = make("details");
  const summary = make("summary");
  const list = make("ul");
  details.append(summary, list);
  details.hidden = true;
  details.open = true;
  bar.append(says, details);
  document.body.append(bar);
  const fit = () => document.documentElement.style
    .setProperty("--preview-height", `${bar.offsetHeight}px`);
  new ResizeObserver(fit).observe(bar);

  // Each block gets a foot, also one that has just come.
  const foots = new WeakMap();
  const blocks = () => [...document.querySelectorAll('.snippet[data-snippet$=".py"]')].map((element) => {
    if (!foots.has(element)) foots.set(element, addFoot(element));
    return { element, name: element.dataset.snippet, ...foots.get(element) };
  });
  const addFoot = (element) => {
    const name = element.dataset.snippet;
    const foot = make("div", "preview-block");
    const button = make("button", "", "Run its tests again");
    button.type = "button";
    button.title = `Run the tests of ${name}`;
    const verdict = make("span", "preview-verdict");
    foot.append(button, verdict);
    element.append(foot);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      fetch(`/_preview/rerun?block=${encodeURIComponent(name)}`, { method: "POST" });
    });
    return { button, verdict };
  };

  // Each claim gets a word after its mark, while it is not proven.
  const words = new WeakMap();
  const claims = () => [...document.querySelectorAll("[data-claim]")].map((element) => {
    if (!words.has(element)) {
      words.set(element, make("span", "preview-verdict"));
      element.append(words.get(element));
    }
    return { element, verdict: words.get(element) };
  });

  const showBlock = () => {
    const wanted = /^#block=(.*)$/.exec(location.hash);
    if (!wanted) return;
    const found = blocks().filter((block) => block.name === decodeURIComponent(wanted[1]));
    const wrong = found.find((block) => block.element.dataset.evidence !== "proven") || found[0];
    if (wrong) wrong.element.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", showBlock);
  addEventListener("load", showBlock);

  const show = (state) => {
    const listed = new Set(state.problems.map(({ text }) => text));
    for (const { element, name, button, verdict } of blocks()) {
      // What only follows from something else is not said beside it: that has another cure.
      const said = [...element.querySelectorAll("p.snippet-problem")];
      for (const each of said) each.hidden = !listed.has(each.textContent);
      const elsewhere = said.length && said.every((each) => each.hidden)
        && !element.querySelector(".snippet-failure") && state.problems.length;
      const left = state.running[name] || 0;
      element.toggleAttribute("data-running", left > 0);
      button.setAttribute("aria-disabled", String(left > 0));
      say(verdict, left ? `running ${left} test${left === 1 ? "" : "s"} …`
        : `${element.dataset.evidence}${elsewhere ? ", for a reason named below" : ""}`);
    }
    const running = new Set(state.claims);
    for (const { element, verdict } of claims()) {
      const { claim, evidence } = element.dataset, runs = running.has(claim);
      element.toggleAttribute("data-running", runs);
      say(verdict, runs ? " running …" : evidence === "proven" ? "" : ` ${evidence}`);
    }
    const count = state.problems.length;
    say(word, state.doing ? `Preview: ${state.doing} …` : "Preview: up to date");
    tick();
    details.hidden = count === 0;
    say(summary, `${count} problem${count === 1 ? "" : "s"}`);
    bar.dataset.state = count ? "wrong" : state.doing ? "busy" : "right";
    list.replaceChildren(...state.problems.map(({ text, href, editor }) => {
      const item = make("li");
      const link = make("a", "preview-edit", "edit");
      link.href = editor;
      link.setAttribute("aria-label", `edit ${text.split(": ", 1)[0]}`);
      item.append(link, " ");
      const page = make(href ? "a" : "span", "", text);
      if (href) page.href = href;
      item.append(page);
      return item;
    }));
  };

  // Which test takes so long, and how long, once that is worth saying.
  let latest = null, swapping = false;
  const tick = () => {
    const [name, since] = latest.longest || [], seconds = Math.floor(Date.now() / 1000 - since);
    say(clock, seconds >= 2 ? ` running ${name}, ${seconds} s` : "");
  };
  setInterval(() => latest && tick(), 1000);
  const catchUp = async () => {
    const now = latest.pages[path];
    if (now !== undefined && (now !== mine || latest.assets !== assets) && !swapping) {
      swapping = true;
      try {
        if (latest.assets !== assets) throw new Error("a script or style has changed");
        mine = await previewSwap();
      } catch {
        location.reload();
        return;
      }
      swapping = false;
      if (latest.pages[path] !== mine) setTimeout(catchUp, 100);
    }
    show(latest);
  };

  const follow = () => {
    const socket = new WebSocket(`ws://${location.host}/_preview/state`);
    socket.addEventListener("message", ({ data }) => {
      latest = JSON.parse(data);
      catchUp();
    });
    socket.addEventListener("close", () => {
      if (latest) latest.longest = null;
      clock.textContent = "";
      word.textContent = "Preview: not running. Start it again with make preview";
      bar.dataset.state = "wrong";
      setTimeout(follow, 1000);
    });
  };
  follow();
})();

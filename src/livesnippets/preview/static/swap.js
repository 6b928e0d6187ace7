// Turns the page into the one that the server has now, and touches only what has changed: scroll
// position, open details, focus and what scripts have added stay.
const previewSwap = (() => {
  "use strict";
  const OURS = '[href^="/_preview/"], [src^="/_preview/"]';
  const LOADED = 'script:not([type$="json"]), link[rel~="stylesheet"], style';
  const WHOLE = ".timeline-picture, svg";  // their parts mean nothing without each other
  const FOCUS = "a[href], button, input, summary, [tabindex]";

  // The page as it was served; of each of its nodes, the one that is shown.
  const served = document.documentElement.cloneNode(true);
  const shown = new WeakMap();
  let copies = 0, refocus = () => {};

  function pair(node, its) {
    shown.set(node, its);
    node.childNodes.forEach((child, index) => pair(child, its.childNodes[index]));
  }

  function within(nodes, selector) {
    return nodes.filter((node) => node instanceof Element).flatMap((node) =>
      [...(node.matches(selector) ? [node] : []), ...node.querySelectorAll(selector)]);
  }

  // sphinx-copybutton heeds each of its buttons: a new block needs only a button of its own.
  function addCopyButton(code) {
    const button = document.querySelector(".copybtn")?.cloneNode(true);
    if (!button) return;
    copies += 1;
    code.id ||= `preview-code-${copies}`;
    button.dataset.clipboardTarget = `#${code.id}`;
    code.after(button);
  }

  // Replace some children of a node, those after the child `kept`.
  function replace(parent, kept, old, fresh) {
    if (within([...old, ...fresh], LOADED).length) throw new Error("a script or style has changed");
    const gone = old.map((node) => shown.get(node));
    const come = fresh.map((node) => document.importNode(node, true));
    fresh.forEach((node, index) => pair(node, come[index]));
    const open = within(gone, "details").map((details) => details.open);
    within(come, "details").forEach((details, index) => { details.open = open[index] ?? details.open; });
    const focus = within(gone, FOCUS).indexOf(document.activeElement);
    if (focus >= 0) refocus = () => within(come, FOCUS)[focus]?.focus({ preventScroll: true });
    if (kept) {
      shown.get(kept).after(...come);
      kept.after(...fresh);
    } else {
      shown.get(parent).prepend(...come);
      parent.prepend(...fresh);
    }
    for (const node of [...gone, ...old]) node.remove();
    within(come, "div.highlight pre").forEach(addCopyButton);
  }

  // Whether a node is another state of a node, not another one in its place.
  function same(old, fresh) {
    return old.isEqualNode(fresh) || (old instanceof Element && old.nodeName === fresh.nodeName
      && (old.id ? old.id === fresh.id : old.textContent === fresh.textContent));
  }

  // Make one node into another, and return the one that is there then.
  function change(old, fresh) {
    if (old.isEqualNode(fresh)) return old;
    if (!(old instanceof Element) || old.nodeName !== fresh.nodeName || old.matches(`${WHOLE}, ${LOADED}`)) {
      replace(old.parentNode, old.previousSibling, [old], [fresh]);
      return fresh;
    }
    for (const name of new Set([...old.getAttributeNames(), ...fresh.getAttributeNames()])) {
      const value = fresh.getAttribute(name);
      if (value === old.getAttribute(name) || old.nodeName === "BODY") continue;  // a theme's own
      for (const each of [old, shown.get(old)]) {
        if (value === null) each.removeAttribute(name);
        else each.setAttribute(name, value);
      }
    }
    changeChildren(old, fresh);
    return old;
  }

  function changeChildren(old, fresh) {
    const before = [...old.childNodes], after = [...fresh.childNodes];
    if (before.length === after.length) {
      before.forEach((node, index) => change(node, after[index]));
      return;
    }
    let kept = null, come = [], next = 0;
    for (const node of after) {
      const blank = node.nodeType === Node.TEXT_NODE && !node.data.trim();
      const found = before.findIndex((each, index) => index >= next && same(each, node));
      if (found < 0 || (blank && found > next)) {
        come.push(node);
        continue;
      }
      replace(old, kept, before.slice(next, found), come);
      kept = change(before[found], node);
      [come, next] = [[], found + 1];
    }
    replace(old, kept, before.slice(next), come);
  }

  function withoutOurs(page) {
    page.querySelectorAll(OURS).forEach((element) => element.remove());
    return page;
  }

  pair(served, document.documentElement);
  withoutOurs(served);

  // Fetch the page and become it; return its version. Throws what only a new load can cure.
  return async () => {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const { version } = fresh.querySelector("script[data-version]").dataset;
    // Who has scrolled goes on reading what they read, whatever grows above it.
    const read = scrollY > 0 ? document.elementFromPoint(innerWidth / 2, innerHeight / 2) : null;
    const top = read?.getBoundingClientRect().top;
    refocus = () => {};
    changeChildren(served, withoutOurs(fresh).documentElement);
    document.dispatchEvent(new CustomEvent("livesnippets:swapped"));
    refocus();
    if (read?.isConnected) {
      scrollBy({ top: read.getBoundingClientRect().top - top, behavior: "instant" });
    }
    return version;
  };
})();

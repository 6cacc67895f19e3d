"use strict";
// What the page does: choosing a box, finding, zooming. All text goes through textContent: a layout's names are no HTML.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const svg = document.querySelector("#picture > svg");
  const words = { create: "added", update: "changed", replace: "replaced", delete: "destroyed", forget: "forgotten" };
  const order = ["replace", "delete", "update", "create", "forget", ""];
  const FOLDED_LINES = 6;
  const FOLDED_LENGTH = 280;

  // Resources by what the picture calls them: all instances of one, or one of its instances.
  const drawn = new Map();
  const instances = new Map(data.resources.map((resource) => [resource.id, [resource]]));
  for (const resource of data.resources) {
    const differences = resource.differences.flatMap(({ name, before, after }) => [name, before, after]);
    const texts = [resource.address, resource.stack, words[resource.verb], resource.moved_from, ...resource.arguments.flat()];
    resource.text = [...texts, ...differences].join(" ").toLowerCase();
    drawn.set(resource.drawn, [...(drawn.get(resource.drawn) ?? []), resource]);
  }
  // What a box is called, as it says itself; the sign of what a plan does to it is no part of that.
  function called(element) {
    const label = element.querySelector("text:not(.sign)")?.textContent ?? "";
    const name = element.dataset.name ?? "";
    return label.toLowerCase().includes(name.toLowerCase()) ? label : `${label} (${name})`;
  }
  const boxes = [...svg.querySelectorAll(".box:not(.heading, .legend)")].map((element) => {
    // The key of an instance may have blanks in it.
    const ids = (element.dataset.addresses ?? "").match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g) ?? [];
    const resources = ids.flatMap((id) => drawn.get(id) ?? instances.get(id) ?? []);
    const labels = [...element.querySelectorAll("text")].map((text) => text.textContent);
    const name = called(element);
    const own = [name, element.dataset.name, ...labels].join(" ").toLowerCase();
    return { element, name, resources, own, text: [own, ...resources.map((one) => one.text)].join(" ") };
  });
  const boxOf = new Map(boxes.map((box) => [box.element, box]));

  let query = [];
  let found = [];
  let at = -1;
  let scale = 1;
  let chosen = null;
  let opener = null;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  // A text with what is looked for marked in it.
  function marked(text) {
    const parts = document.createDocumentFragment();
    const lower = text.toLowerCase();
    let from = 0;
    while (lower.length === text.length) {
      const hits = query.map((word) => [lower.indexOf(word, from), word.length]).filter(([where]) => where >= 0);
      if (hits.length === 0) break;
      const [where, length] = hits.sort((one, other) => one[0] - other[0] || other[1] - one[1])[0];
      parts.append(text.slice(from, where), make("mark", {}, text.slice(where, where + length)));
      from = where + length;
    }
    parts.append(text.slice(from));
    return parts;
  }

  function value(text) {
    if (text === null) return make("span", { class: "value" }, "—");
    const lines = text.split("\n");
    if (lines.length <= FOLDED_LINES && text.length <= FOLDED_LENGTH) return make("pre", { class: "value" }, marked(text));
    const start = lines.map((line) => line.trim()).join(" ").slice(0, 60);
    const size = lines.length > 1 ? `${lines.length} lines` : `${text.length} characters`;
    const hit = query.some((word) => text.toLowerCase().includes(word));
    return make("div", { class: "value" },
      make("details", { open: hit ? "" : null }, make("summary", {}, `${start}… (${size})`), make("pre", {}, marked(text))));
  }

  function title(resource) {
    const verb = resource.verb ? [make("span", { class: `verb ${resource.verb}` }, words[resource.verb]), " "] : [];
    return [...verb, make("span", { class: "address" }, marked(resource.address))];
  }

  function table(head, rows) {
    const body = rows.map(([name, ...cells]) => make("tr", {}, make("th", { scope: "row" }, marked(name)), ...cells));
    const titles = head.map((title) => make("th", { scope: "col" }, title));
    return make("table", {}, head.length ? make("thead", {}, make("tr", {}, ...titles)) : null, make("tbody", {}, ...body));
  }

  function changes(resource) {
    const because = resource.because.length ? make("p", {}, `because of ${resource.because.join(", ")}`) : null;
    const moved = resource.moved_from ? make("p", {}, `moved from ${resource.moved_from}`) : null;
    const cell = (kind, text) => make("td", { class: kind }, value(text));
    const rows = resource.differences.map((one) => [one.name, cell("before", one.before), cell("after", one.after)]);
    return [because, moved, rows.length ? table(["argument", "before", "after"], rows) : null];
  }

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // No right to the clipboard, as in a file that is opened from a disk in some browsers.
      const field = make("textarea", {});
      field.value = text;
      document.body.append(field);
      field.select();
      button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
      field.remove();
      button.focus();
    }
  }

  function told(resource, open) {
    const button = make("button", { type: "button", class: "copy", onclick: () => copy(button, resource.address) }, "Copy address");
    const rows = resource.arguments.map(([name, text]) => [name, make("td", {}, value(text))]);
    return make("details", { class: "resource", open: open ? "" : null },
      make("summary", {}, ...title(resource)),
      make("div", {}, `stack ${resource.stack} `, button),
      ...(resource.verb || resource.moved_from ? [make("h4", {}, "Plan"), ...changes(resource)] : []),
      ...(rows.length ? [make("h4", {}, "Arguments"), table([], rows)] : []));
  }

  function show(heading, ...content) {
    $("heading").textContent = heading;
    $("content").replaceChildren(...content);
    $("panel").hidden = false;
    $("panel").scrollTop = 0;
  }

  function mark(box) {
    if (chosen !== null) {
      chosen.element.classList.remove("chosen");
      chosen.element.setAttribute("aria-pressed", "false");
    }
    chosen = box;
    $("overview").setAttribute("aria-expanded", "false");
    if (box === null) return;
    box.element.classList.add("chosen");
    box.element.setAttribute("aria-pressed", "true");
  }

  // A box and its resources; `first` is the one that is open, else that which is found or changed.
  function choose(box, first = null) {
    mark(box);
    const resources = [...box.resources].sort((one, other) => order.indexOf(one.verb) - order.indexOf(other.verb));
    const hits = query.length ? [(one) => one.address.toLowerCase(), (one) => one.text] : [];
    for (const text of hits) first ??= resources.find((one) => matches(text(one)));
    first ??= resources[0];
    const list = resources.map((one) => told(one, one === first));
    show(box.name, ...(list.length ? list : [make("p", {}, "Nothing that Terraform makes: it stands for what is inside it.")]));
    box.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    list[resources.indexOf(first)]?.scrollIntoView({ block: "nearest" });
  }

  function chooseResource(resource) {
    // The smallest that has it: what stands for several has it too.
    const having = boxes.filter((box) => box.resources.includes(resource));
    const box = having.sort((one, other) => one.resources.length - other.resources.length)[0];
    if (box) return choose(box, resource);
    mark(null);
    show(resource.address, told(resource, true));
  }

  function item(resource) {
    const go = () => {
      opener = null;
      chooseResource(resource);
      $("heading").focus();
    };
    return make("li", {}, make("button", { type: "button", onclick: go }, ...title(resource)));
  }

  function group(title, resources) {
    return resources.length ? [make("h3", {}, title), make("ul", { class: "list" }, ...resources.map(item))] : [];
  }

  // All changes, then all other resources by stack; only what is found, where something is looked for.
  function overview() {
    mark(null);
    const shown = data.resources.filter((one) => matches(one.text));
    const changed = shown.filter((one) => one.verb || one.moved_from);
    changed.sort((one, other) => order.indexOf(one.verb) - order.indexOf(other.verb));
    const counts = order.map((name) => [name, changed.filter((one) => one.verb === name).length]);
    const sum = counts.filter(([name, count]) => name && count).map(([name, count]) => `${count} ${words[name]}`).join(", ");
    const stacks = [...new Set(data.resources.map((one) => one.stack))];
    show(data.planned ? "Changes" : "Resources",
      ...(data.planned ? [make("p", { id: "sum" }, sum || "The plan changes nothing.")] : []),
      ...(changed.length ? [make("ul", { class: "list", id: "changes" }, ...changed.map(item))] : []),
      ...stacks.flatMap((stack) => group(data.planned ? `${stack}, unchanged` : stack, shown.filter((one) => one.stack === stack && !(one.verb || one.moved_from)))));
    $("overview").setAttribute("aria-expanded", "true");
  }

  function close() {
    const back = opener ?? chosen?.element ?? $("overview");
    mark(null);
    $("panel").hidden = true;
    opener = null;
    back.focus({ preventScroll: true });
  }

  function matches(text) {
    return query.every((word) => text.includes(word));
  }

  // What says so itself comes before what only has an argument that does, and the beginning of a word before its middle.
  function rank(text) {
    const begins = (word) => {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
        if (at === 0 || !/[a-z0-9]/.test(text[at - 1])) return true;
      return false;
    };
    return matches(text) ? 1 + query.every(begins) : 0;
  }

  function find() {
    query = $("find").value.toLowerCase().split(/\s+/).filter((word) => word);
    found = query.length ? boxes.filter((box) => matches(box.text)) : [];
    found.sort((one, other) => rank(other.own) - rank(one.own));
    at = -1;
    svg.classList.toggle("searched", query.length > 0);
    for (const box of boxes) box.element.classList.toggle("found", query.length > 0 && found.includes(box));
    for (const button of [$("previous"), $("next")]) button.disabled = found.length === 0;
    count();
    if (!$("panel").hidden && chosen === null) overview();
  }

  function count() {
    const there = found.length === 1 ? "1 match" : `${found.length} matches`;
    $("count").textContent = query.length === 0 ? "" : at < 0 ? there : `${at + 1} of ${there}`;
  }

  function step(by) {
    if (found.length === 0) return;
    at = at < 0 && by < 0 ? found.length - 1 : (at + by + found.length) % found.length;
    opener = $("find");
    choose(found[at]);
    count();
  }

  const base = svg.viewBox.baseVal;
  function zoom(to) {
    const view = $("picture");
    const middle = (view.scrollTop + view.clientHeight / 2) / scale;
    scale = Math.min(3, Math.max(0.25, to));
    svg.style.width = `${base.width * scale}px`;
    svg.style.height = `${base.height * scale}px`;
    view.scrollTop = middle * scale - view.clientHeight / 2;
  }
  const fitting = () => ($("picture").clientWidth - 24) / base.width;

  function open(event) {
    const box = boxOf.get(event.target.closest(".box"));
    if (!box?.resources.length) return;
    event.preventDefault();
    opener = box.element;
    choose(box);
    if (event.type === "keydown") $("heading").focus();
  }
  svg.addEventListener("click", open);
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") open(event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!$("panel").hidden) close();
      else if ($("find").value) { $("find").value = ""; find(); }
      event.preventDefault();
    } else if (event.key === "/" && document.activeElement !== $("find")) {
      event.preventDefault();
      $("find").select();
    }
  });
  $("find").addEventListener("input", find);
  $("find").addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  });
  $("next").addEventListener("click", () => step(1));
  $("previous").addEventListener("click", () => step(-1));
  $("smaller").addEventListener("click", () => zoom(scale / 1.2));
  $("larger").addEventListener("click", () => zoom(scale * 1.2));
  $("fit").addEventListener("click", () => zoom(fitting()));
  $("close").addEventListener("click", close);
  $("overview").addEventListener("click", () => {
    if ($("overview").getAttribute("aria-expanded") === "true") return close();
    opener = null;
    overview();
  });
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const now = root.dataset.theme === "auto" ? system : root.dataset.theme;
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  svg.setAttribute("role", "group"); // An image has nothing inside that could be chosen.
  for (const { element, name, resources } of boxes.filter((box) => box.resources.length)) {
    const verbs = [...new Set(resources.map((one) => one.verb).filter((one) => one))].map((one) => words[one]);
    element.classList.add("open");
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-pressed", "false");
    element.setAttribute("aria-label", [name, ...verbs].join(", "));
  }
  if (data.planned) overview();
  // Never so small that nobody can read it: then it scrolls.
  zoom(Math.min(1.4, Math.max(0.85, fitting())));
})();

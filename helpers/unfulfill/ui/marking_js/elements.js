// Small helpers: elements that keep JupyterLab's shortcuts away, texts with values in them.
const FOCUSABLE = new Set(["a", "button", "input", "select", "summary", "textarea"]);

// An element with attributes and children; a text child is text, never markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  // JupyterLab listens for keys everywhere: typing "dd" here would delete the notebook's cell.
  if (FOCUSABLE.has(tag) || "tabindex" in attributes) made.dataset.lmSuppressShortcuts = "true";
  made.append(...children);
  return made;
}

// The sentence of a key, with {name} replaced by its value; numbers as the page's language writes them.
function sentence(words, key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(words.locale) : value ?? "";
  });
}

let serial = 0; // of ids in this page
// A control below its label.
function labelled(text, control, className = "") {
  control.id = `uw-${(serial += 1)}`;
  return element("div", { class: `uw-field ${className}` }, element("label", { for: control.id }, text), control);
}

// A drop-down; `options` are pairs of value and text.
function dropDown(options) {
  const list = element("select");
  fillOptions(list, options);
  return list;
}

function fillOptions(list, options) {
  const chosen = list.value;
  list.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  list.value = chosen;
  if (list.selectedIndex < 0) list.selectedIndex = 0;
}

// A text with suggestions below it.
function suggesting(suggestions, attributes = {}) {
  const list = element("datalist", { id: `uw-${(serial += 1)}` });
  const input = element("input", { type: "text", autocomplete: "off", list: list.id, ...attributes });
  const suggest = (texts) => list.replaceChildren(...texts.map((text) => element("option", { value: text })));
  suggest(suggestions);
  return { input, list, suggest };
}

function button(text, act, attributes = {}) {
  const made = element("button", { type: "button", class: "uw-button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

// Where a sentence about what was just pressed appears; it stays until the next one.
function notes(words) {
  const box = element("div", { class: "uw-note", role: "alert", hidden: true });
  function show(text, tone = "plain", details = "") {
    box.hidden = !text;
    box.dataset.tone = tone;
    box.replaceChildren(element("span", {}, text));
    if (details) {
      const folded = element("details", {}, element("summary", {}, words.details), element("pre", { tabindex: 0 }, details));
      box.append(folded);
    }
  }
  return { box, show };
}

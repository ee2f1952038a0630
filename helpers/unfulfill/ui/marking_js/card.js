// The panel beside the table: one fulfillment, its order, and what is decided for it alone.
function makeCard(context) {
  const { words, send } = context;
  const box = element("aside", { class: "uw-card", "aria-label": words.card, hidden: true });
  const note = notes(words);
  let row = -1;
  let isTouched = false; // something was typed, or is asked for, and not saved

  function part(title, ...children) {
    return element("section", {}, element("h3", {}, title), ...children);
  }
  function table(headings, rows, caption) {
    const cells = (tag, texts) => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));
    return element(
      "table",
      { "aria-label": caption },
      element("thead", {}, element("tr", {}, ...cells("th", headings))),
      element("tbody", {}, ...rows.map((texts) => element("tr", {}, ...cells("td", texts)))),
    );
  }
  function link(text, url) {
    return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
  }

  function show(card) {
    const isSame = !box.hidden && row === card.row;
    if (!box.hidden && isTouched && (isSame || !card.ask)) return ask(card); // nobody's words are drawn over
    const from = isSame ? box.scrollTop : 0;
    row = card.row;
    isTouched = Boolean(card.ask);
    const close = button("×", context.close, { class: "uw-button uw-close", "aria-label": words.close });
    const title = element("h2", {}, card.title);
    const parts = [element("div", { class: "uw-card-head" }, title, close), element("p", {}, card.about)];
    if (card.admin_url) parts.push(element("p", {}, link(words.admin, card.admin_url)));
    if (card.locked) parts.push(element("p", { class: "uw-note", "data-tone": "warn" }, card.locked));
    parts.push(part(words.advice, ...advice(card)));
    parts.push(part(words.this_row, form(card)));
    parts.push(part(words.lines, table(words.line_headings, card.lines.map((line) => line.cells), words.lines)));
    parts.push(part(words.stock, card.stock.length ? table(words.stock_headings, card.stock, words.stock) : element("p", {}, words.no_stock)));
    parts.push(part(words.tracking, ...tracking(card)));
    parts.push(part(words.time_line, table(words.event_headings, card.events, words.time_line)));
    box.replaceChildren(...parts);
    box.hidden = false;
    box.scrollTop = from;
    if (!isSame) note.show("");
    ask(card);
  }

  // Ask for what a locked row needs: why, and a decision where none is chosen.
  function ask(card) {
    if (!card.ask) return;
    note.show(card.ask, "warn");
    const decision = box.querySelector("select");
    if (!decision.value) decision.value = context.decided().decision;
    box.querySelector(".uw-override").focus();
  }

  function advice(card) {
    const found = card.findings.map((text) => element("li", {}, text));
    const list = found.length ? element("ul", {}, ...found) : element("p", {}, words.no_findings);
    const signals = card.signals.map((text) => element("li", {}, text));
    const why = signals.length ? [element("details", {}, element("summary", {}, card.evidence), element("ul", {}, ...signals))] : [];
    return [element("p", { class: "uw-advice" }, card.advice), list, ...why];
  }
  function tracking(card) {
    if (!card.tracking.length) return [element("p", {}, words.no_tracking)];
    const items = card.tracking.map(([number, url]) => element("li", {}, url ? link(number, url) : number));
    return [element("p", {}, card.company), element("ul", {}, ...items)];
  }

  function form(card) {
    const decision = dropDown(
      ["", "unfulfill", "hold", "request_cancellation", "keep"].map((name) => [name, words[`choice_${name || "undecided"}`]]),
    );
    decision.value = card.decided.decision;
    const reason = suggesting(words.reasons);
    reason.input.value = card.decided.reason || (card.ask ? context.decided().reason : "");
    const remark = element("input", { type: "text", value: card.decided.note, autocomplete: "off" });
    const override = element("input", { type: "text", value: card.decided.override, class: "uw-override", autocomplete: "off" });
    const units = card.lines
      .filter((line) => line.most > 0)
      .map((line) => [line, element("input", { type: "number", min: 0, max: line.most, step: 1, value: line.units })]);
    const lines = units.map(([line, input]) => labelled(sentence(words, "units_of", { sku: line.label, most: line.most }), input));
    const save = element("button", { type: "submit", class: "uw-button" }, words.save_row);
    const made = element(
      "form",
      { "aria-label": words.this_row },
      labelled(words.decision, decision),
      labelled(words.reason, reason.input),
      reason.list,
      labelled(words.note, remark),
      ...(card.locked ? [labelled(words.override, override)] : []),
      element("fieldset", {}, element("legend", {}, words.units), ...lines),
      element("div", { class: "uw-line" }, save, note.box),
    );
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = Object.fromEntries(units.map(([line, input]) => [line.id, input.valueAsNumber]));
      if (Object.values(wanted).some((count) => !Number.isInteger(count))) return note.show(words.units_unclear, "bad");
      const told = { decision: decision.value, reason: reason.input.value, note: remark.value, override: override.value };
      isTouched = false;
      send("mark_alone", { row, units: wanted, ...told }, "card");
    });
    made.addEventListener("input", () => (isTouched = true));
    made.addEventListener("keydown", (event) => {
      if (event.key === "Escape") context.close();
    });
    made.noValidate = true; // the kernel says what is wrong, in a sentence that stays
    return made;
  }
  function hide() {
    box.hidden = true;
    isTouched = false;
  }
  // Whether another row may take the panel; if not, it says why.
  function mayLeave() {
    if (!box.hidden && isTouched) note.show(words.unsaved, "warn");
    return box.hidden || !isTouched;
  }
  return { box, note, show, mayLeave, isOpen: () => !box.hidden, isTouched: () => isTouched, row: () => row, hide };
}

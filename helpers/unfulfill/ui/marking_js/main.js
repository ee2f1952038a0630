// Puts the parts together and speaks with the kernel. Rows come by messages only: a notebook file keeps the synced
// state of its widgets, and would keep the shop's orders with it.
const PATIENCE = 15_000; // milliseconds until silence of the kernel is told
const LOOK_EVERY = 10_000; // milliseconds between two looks at whether marks.csv was changed elsewhere

function render({ model, el }) {
  const words = model.get("words");
  let silence = 0;
  let openWaits = 0;
  let generation = 0; // of the rows, as the kernel counts
  let edits = 0;
  const context = {
    words,
    send(op, more = {}, place = "grid", buffers = []) {
      if (op !== "check" && op !== "rows") clearNote(place);
      if (!silence) silence = setTimeout(() => line.show(words.no_answer, "bad"), op === "import" || op === "export" ? 10 * PATIENCE : PATIENCE);
      post({ op, place, generation, window: table.window(), ...more }, buffers);
    },
    show: () => context.send("show", { filter: filters.value(), sort: table.sort(), window: [0, PAGE] }, "filter"),
    mark(what) {
      clearTimeout(openWaits);
      context.send("mark", { ...deciding.value(), ...what });
    },
    markBetween: (what) => context.send("mark_between", { ...deciding.value(), ...what }),
    open: (row) => row >= 0 && (row === card.row() || card.mayLeave()) && context.send("card", { row }),
    // The panel follows the active row while it is open.
    atRow(row) {
      clearTimeout(openWaits);
      if (card.isOpen() && !card.isTouched() && row >= 0 && row !== card.row()) openWaits = setTimeout(() => context.open(row), 200);
    },
    close() {
      card.hide();
      root.classList.remove("uw-with-card");
      table.focus();
    },
    decided: () => deciding.value(),
    note: (place, text, tone) => places[place].show(text, tone),
  };
  const filters = makeFilters(context);
  const deciding = makeDeciding(context);
  const table = makeTable(context, model.get("columns"));
  const card = makeCard(context);
  const line = notes(words); // about the table
  const filterNote = notes(words);
  const counts = element("p", { class: "uw-counts", role: "status" });
  const again = button(words.load_again, () => context.send("reload", {}, "changed"));
  const changedNote = element("span");
  const changed = element("div", { class: "uw-note", role: "alert", "data-tone": "bad", hidden: true }, changedNote, again);
  const places = { ...deciding.notes, card: card.note, grid: line, filter: filterNote, changed: line };
  const main = element("div", { class: "uw-main" }, table.box, card.box);
  const root = element("div", { class: "uw-marking" }, filters.box, filterNote.box, deciding.box, changed, counts, line.box, main);
  root.style.setProperty("--uw-height", `${model.get("height")}px`);
  el.append(root);

  // A kernel that was started again has forgotten this table: then sending fails, and that is told.
  function post(message, buffers = []) {
    try {
      model.send(message, undefined, buffers);
    } catch {
      line.show(words.no_answer, "bad");
    }
  }
  function clearNote(place) {
    places[place]?.show("");
  }
  function receive(message, buffers) {
    clearTimeout(silence);
    silence = 0;
    if (line.box.textContent === words.no_answer) line.show("");
    const acts = {
      state() {
        table.receive(message);
        deciding.receive(message);
        counts.textContent = message.counts;
        root.dataset.saved = message.saved;
        const isOther = message.generation !== generation || message.edits !== edits;
        ({ generation, edits } = message);
        if (isOther && card.isOpen() && !card.isTouched()) context.open(card.row()); // it tells what is decided now
        if (!message.warm) post({ op: "choices", place: "filter", window: table.window() });
      },
      rows: () => table.receive(message),
      choices: () => filters.receive(message),
      card() {
        card.show(message);
        root.classList.add("uw-with-card");
      },
      note: () => places[message.place in places ? message.place : "grid"].show(message.text, message.tone, message.details),
      jump() {
        table.go(message.to);
      },
      changed() {
        changed.hidden = !message.text;
        changedNote.textContent = message.text;
      },
      file: () => deciding.download(message.name, buffers[0]),
    };
    try {
      acts[message.op]?.();
    } catch (error) {
      line.show(sentence(words, "page_failed", { error: String(error) }), "bad", error.stack);
      console.error(error);
    }
  }
  const look = () => document.visibilityState === "visible" && el.isConnected && post({ op: "check", place: "grid", window: table.window() });
  const looking = setInterval(look, LOOK_EVERY);
  window.addEventListener("focus", look);
  model.on("msg:custom", receive);
  post({ op: "hello", place: "grid", window: [0, PAGE] });
  return () => {
    clearInterval(looking);
    clearTimeout(silence);
    window.removeEventListener("focus", look);
    model.off("msg:custom", receive);
    table.stop();
  };
}

export default { render };

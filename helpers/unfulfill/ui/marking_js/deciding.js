// What is decided, for one row or for all that are shown; undo and redo; marks.xlsx.
const LARGEST_FILE = 8_000_000; // bytes: Jupyter closes a connection that sends more than 10 MB at once

function makeDeciding(context) {
  const { words, send } = context;
  const decision = dropDown(
    ["unfulfill", "hold", "request_cancellation", "keep"].map((name) => [name, words[`choice_${name}`]]),
  );
  const reason = suggesting(words.reasons, { placeholder: words.reason_hint });
  const note = element("input", { type: "text", autocomplete: "off", placeholder: words.note_hint });
  const part = element("input", { type: "text", autocomplete: "off", placeholder: words.part_hint });
  const value = () => ({ decision: decision.value, part: part.value, reason: reason.input.value, note: note.value });

  const all = button(words.mark_shown, () => send("mark_shown", value(), "decide"));
  const none = button(words.unmark_shown, () => send("unmark_shown", {}, "decide"));
  const advised = button(words.mark_advised, () => send("mark_advised", value(), "decide"));
  const reword = button(words.reword, () => send("reword", value(), "decide"));
  const undo = button(words.undo, () => send("undo", {}, "decide"));
  const redo = button(words.redo, () => send("redo", {}, "decide"));
  const save = button(words.save_file, () => {
    context.note("file", words.writing_file);
    send("export", {}, "file");
  });
  const chosen = element("input", { type: "file", accept: ".xlsx,.csv", class: "uw-hidden", "aria-label": words.load_file, tabindex: -1 });
  const load = button(words.load_file, () => chosen.click(), { title: words.load_hint });
  chosen.addEventListener("change", async () => {
    const file = chosen.files[0];
    chosen.value = "";
    if (!file) return;
    if (file.size > LARGEST_FILE) return context.note("file", sentence(words, "file_too_large", { file: file.name }), "bad");
    context.note("file", sentence(words, "reading_file", { file: file.name }));
    send("import", { name: file.name }, "file", [await file.arrayBuffer()]);
  });
  const decideNote = notes(words);
  const fileNote = notes(words);
  const box = element(
    "div",
    { class: "uw-deciding", role: "group", "aria-label": words.deciding },
    element(
      "div",
      { class: "uw-line" },
      labelled(words.decision, decision),
      labelled(words.part, part),
      labelled(words.reason, reason.input, "uw-wide"),
      reason.list,
      labelled(words.note, note, "uw-wide"),
    ),
    element("div", { class: "uw-line" }, all, none, advised, reword, undo, redo, decideNote.box),
    element("div", { class: "uw-line" }, save, load, chosen, fileNote.box),
  );

  function receive(state) {
    all.textContent = sentence(words, "mark_shown", { count: state.total });
    none.textContent = sentence(words, "unmark_shown", { count: state.marked - state.hidden });
    advised.textContent = sentence(words, "mark_advised", { count: state.advised });
    all.disabled = state.total === 0;
    none.disabled = reword.disabled = state.marked - state.hidden === 0;
    advised.disabled = !state.advised;
    undo.disabled = !state.undo;
    redo.disabled = !state.redo;
  }
  function download(name, bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    const link = element("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  }
  return { box, value, receive, download, notes: { decide: decideNote, file: fileNote } };
}

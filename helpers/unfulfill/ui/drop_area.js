// An area for one file: dropped on it, or chosen by a button. The file goes to the kernel in one message.
function render({ model, el }) {
  const words = model.get("words");
  const area = document.createElement("div");
  area.className = "uw-drop";
  area.setAttribute("role", "group");
  area.setAttribute("aria-label", words.label);
  const text = document.createElement("span");
  text.textContent = words.drop;
  const input = document.createElement("input");
  input.type = "file";
  input.accept = model.get("accept");
  input.hidden = true;
  const choose = document.createElement("button");
  choose.type = "button";
  choose.className = "jupyter-button uw-drop-button";
  choose.textContent = words.choose;
  choose.dataset.lmSuppressShortcuts = "true"; // typing here must not reach the notebook's shortcuts
  choose.onclick = () => input.click();
  input.onchange = () => {
    give([...input.files]); // a copy: emptying the field below empties its list too
    input.value = ""; // so that the same file, edited, can be given again
  };
  area.append(text, choose, input);
  el.append(area);

  async function give(files) {
    if (!files.length || area.dataset.busy === "true") return;
    if (files.length > 1) return model.send({ op: "refused", text: words.one });
    if (files[0].size > model.get("most_bytes")) return model.send({ op: "refused", text: words.large });
    const bytes = await files[0].arrayBuffer();
    model.send({ op: "file", name: files[0].name }, undefined, [bytes]);
  }
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      event.stopPropagation(); // JupyterLab would open the file
      area.classList.toggle("uw-over", over);
      if (name === "drop") give(event.dataTransfer.files);
    });
  }
  const derive = () => {
    area.dataset.busy = model.get("busy");
    choose.disabled = model.get("busy");
  };
  model.on("change:busy", derive);
  derive();
}

export default { render };

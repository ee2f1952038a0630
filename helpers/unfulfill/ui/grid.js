// A table of rows that live in the kernel: this file asks for the pages it shows and draws them as text.
const ROW = 28; // pixels
const PAGE = 100; // rows a message

function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function render({ model, el }) {
  const columns = model.get("columns");
  const pages = new Map(); // page number -> rows
  const asked = new Set(); // page numbers on their way
  const drawn = new Map(); // position -> element
  let revision = model.get("revision");
  let sort = { name: "", descending: false };
  let focused = 0;
  let frame = 0;

  const root = element("div", "uw-grid");
  root.style.height = `${model.get("height")}px`;
  const viewport = element("div", "uw-grid-viewport", {
    role: "grid",
    "aria-label": model.get("label"),
    "aria-colcount": columns.length + 1,
    tabindex: -1,
  });
  const head = element("div", "uw-grid-head", { role: "row", "aria-rowindex": 1 });
  const body = element("div", "uw-grid-body", { role: "rowgroup" });
  const width = columns.reduce((sum, column) => sum + column.width, 44);
  head.style.width = body.style.width = `${width}px`;
  viewport.append(head, body);
  root.append(viewport);
  el.append(root);

  // JupyterLab listens for keys everywhere: typing "dd" here would delete the notebook's cell.
  root.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  });

  const corner = element("div", "uw-grid-cell uw-grid-tick", { role: "columnheader", "aria-colindex": 1 });
  corner.textContent = "✓";
  corner.title = "Marked";
  head.append(corner);
  columns.forEach((column, index) => {
    const cell = element("button", "uw-grid-cell uw-grid-heading", {
      role: "columnheader",
      "aria-colindex": index + 2,
      type: "button",
    });
    cell.style.width = `${column.width}px`;
    cell.textContent = column.heading;
    cell.onclick = () => {
      sort = { name: column.name, descending: sort.name === column.name && !sort.descending };
      for (const other of head.children) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      model.send({ op: "sort", ...sort });
    };
    head.append(cell);
  });

  function rowAt(position) {
    const page = pages.get(Math.floor(position / PAGE));
    return page ? page[position % PAGE] : undefined;
  }

  function ask(page, total) {
    if (pages.has(page) || asked.has(page)) return;
    asked.add(page);
    model.send({ op: "rows", start: page * PAGE, end: Math.min(total, (page + 1) * PAGE) });
  }

  function draw() {
    if (!frame) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    const total = model.get("total");
    body.style.height = `${Math.max(total, 1) * ROW}px`;
    viewport.setAttribute("aria-rowcount", total + 1);
    const first = Math.max(0, Math.floor(viewport.scrollTop / ROW) - 4);
    const last = Math.min(total, Math.ceil((viewport.scrollTop + viewport.clientHeight) / ROW) + 4);
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) ask(page, total);
    for (const [position, row] of drawn) {
      if (position < first || position >= last) {
        row.remove();
        drawn.delete(position);
      }
    }
    for (let position = first; position < last; position++) paintRow(position);
    root.classList.toggle("uw-grid-empty", total === 0);
  }

  function paintRow(position) {
    let row = drawn.get(position);
    if (!row) {
      row = element("div", "uw-grid-row", { role: "row", "aria-rowindex": position + 2 });
      row.style.transform = `translateY(${position * ROW}px)`;
      row.style.width = `${width}px`;
      drawn.set(position, row);
      body.append(row);
    }
    const values = rowAt(position);
    if (values && row.values !== values) fill(row, position, values);
  }

  function fill(row, position, values) {
    const hadFocus = row.contains(document.activeElement);
    const [number, ticked, ...texts] = values;
    row.values = values;
    row.setAttribute("aria-selected", ticked);
    const box = element("input", "", { type: "checkbox", "aria-label": `Mark ${texts[0]}` });
    box.checked = ticked;
    box.tabIndex = position === focused ? 0 : -1;
    box.onchange = () => model.send({ op: "tick", row: number, value: box.checked });
    const tick = element("div", "uw-grid-cell uw-grid-tick", { role: "gridcell", "aria-colindex": 1 });
    tick.append(box);
    const cells = texts.map((text, index) => {
      const cell = element("div", "uw-grid-cell", { role: "gridcell", "aria-colindex": index + 2 });
      cell.style.width = `${columns[index].width}px`;
      cell.textContent = text;
      cell.title = text;
      return cell;
    });
    row.replaceChildren(tick, ...cells);
    if (hadFocus) box.focus({ preventScroll: true });
  }

  function focus(position) {
    const total = model.get("total");
    if (!total) return;
    focused = Math.max(0, Math.min(total - 1, position));
    const top = focused * ROW;
    const visible = viewport.clientHeight - ROW - 4; // less the head
    if (top < viewport.scrollTop) viewport.scrollTop = top;
    if (top + ROW > viewport.scrollTop + visible) viewport.scrollTop = top + ROW - visible;
    paint();
    for (const [at, row] of drawn) {
      const box = row.querySelector("input");
      if (box) box.tabIndex = at === focused ? 0 : -1;
    }
    drawn.get(focused)?.querySelector("input")?.focus({ preventScroll: true });
  }

  viewport.addEventListener("keydown", (event) => {
    if (event.target.tagName === "BUTTON") return;
    const step = Math.max(1, Math.floor(viewport.clientHeight / ROW) - 2);
    const to = {
      ArrowDown: focused + 1,
      ArrowUp: focused - 1,
      PageDown: focused + step,
      PageUp: focused - step,
      Home: 0,
      End: model.get("total") - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    focus(to);
  });
  body.addEventListener("focusin", (event) => {
    const row = event.target.closest(".uw-grid-row");
    if (row) focused = Number(row.getAttribute("aria-rowindex")) - 2;
  });
  viewport.addEventListener("scroll", draw);

  function refresh() {
    revision = model.get("revision");
    pages.clear();
    asked.clear();
    draw();
  }
  function receive(message) {
    if (message.op !== "rows" || message.revision !== revision) return;
    const page = message.start / PAGE;
    asked.delete(page);
    pages.set(page, message.rows);
    if (pages.size > 60) pages.delete(pages.keys().next().value);
    draw();
  }
  model.on("msg:custom", receive);
  model.on("change:revision", refresh);
  const resize = new ResizeObserver(draw);
  resize.observe(viewport);
  draw();
  return () => {
    model.off("msg:custom", receive);
    model.off("change:revision", refresh);
    resize.disconnect();
  };
}

export default { render };

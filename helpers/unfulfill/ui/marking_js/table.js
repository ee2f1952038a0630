// The table: it asks for the rows that it shows and draws them as text. The focus stays on the grid itself, which
// names the active cell (aria-activedescendant), so that rows can be drawn again while somebody works in them.
const ROW = 28; // pixels
const HEAD = 30;
const PAGE = 50; // rows a message
const AHEAD = [1, 2, 3, 4]; // pages that are asked for before they are reached
const KEPT_PAGES = 60;
const TALLEST = 8_000_000; // pixels that every browser can scroll; above, scrolling is scaled

function makeTable(context, columns) {
  const { words, send } = context;
  const pages = new Map(); // page number → rows
  const asked = new Set();
  const drawn = new Map(); // position → element
  const spare = []; // row elements to use again
  const id = `uw-grid-${(serial += 1)}`;
  let revision = -1;
  let total = 0;
  let sort = { name: "", descending: false };
  let active = { row: 0, column: 0 }; // row -1 is the head
  let anchor = null; // where a range begins
  let pointed; // the cell that shows it
  let frame = 0;
  let lastTop = 0;
  let typed = "";
  let typedAt = 0;

  const grid = element("div", {
    class: "uw-grid",
    role: "grid",
    id,
    tabindex: 0,
    "aria-label": words.rows,
    "aria-describedby": `${id}-keys`,
    "aria-colcount": columns.length + 1,
    "aria-rowcount": 1,
    "aria-multiselectable": "true",
  });
  const keys = element("p", { class: "uw-keys", id: `${id}-keys` }, words.keys);
  const head = element("div", { class: "uw-head", role: "row", "aria-rowindex": 1 });
  const body = element("div", { class: "uw-body", role: "rowgroup" });
  const empty = element("div", { class: "uw-empty", hidden: true }, words.no_rows);
  const width = columns.reduce((sum, column) => sum + column.width, 56);
  head.style.width = body.style.width = `${width}px`;
  grid.append(element("div", { role: "rowgroup", class: "uw-head-group" }, head), body);
  head.append(cellOf("columnheader", 0, words.tick, 56));
  columns.forEach((column, index) => {
    head.append(cellOf("columnheader", index + 1, column.heading, column.width));
  });

  function cellOf(role, index, content, pixels) {
    const cell = element("div", { class: "uw-cell", role, "aria-colindex": index + 1 }, content);
    cell.style.width = `${pixels}px`;
    return cell;
  }

  const rowAt = (position) => pages.get(Math.floor(position / PAGE))?.[position % PAGE];
  const visible = () => Math.max(ROW, grid.clientHeight - HEAD);
  const bodyHeight = () => Math.min(total * ROW, TALLEST);
  // How far the rows are scrolled, and back: the same as the scroll bar unless there are more rows than pixels.
  function offset() {
    const reach = bodyHeight() - visible();
    return reach > 0 ? (grid.scrollTop * (total * ROW - visible())) / reach : 0;
  }
  function scrollTo(pixels) {
    const reach = total * ROW - visible();
    grid.scrollTop = reach > 0 ? (pixels * (bodyHeight() - visible())) / reach : 0;
  }

  function draw() {
    if (!frame) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    if (!grid.clientHeight) return; // hidden, as all is while the theme changes: what is drawn stays
    body.style.height = `${Math.max(bodyHeight(), ROW)}px`;
    const shift = grid.scrollTop - offset(); // where the row at 0 would be drawn
    const first = Math.max(0, Math.floor(offset() / ROW) - 3);
    const last = Math.min(total, Math.ceil((offset() + visible()) / ROW) + 3);
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) ask(page);
    const ahead = (position) => position >= 0 && position < total && ask(Math.floor(position / PAGE));
    if (grid.scrollTop !== lastTop) for (const pages of AHEAD) ahead(grid.scrollTop > lastTop ? last + pages * PAGE : first - pages * PAGE);
    lastTop = grid.scrollTop;
    for (const [position, row] of drawn) {
      if (position >= first && position < last) continue;
      drawn.delete(position);
      row.hidden = true;
      spare.push(row);
    }
    for (let position = first; position < last; position++) paintRow(position, shift);
    empty.hidden = total > 0 || revision < 0;
    pointAt();
  }

  function ask(page) {
    if (pages.has(page) || asked.has(page) || revision < 0) return;
    asked.add(page);
    send("rows", { start: page * PAGE, end: (page + 1) * PAGE });
  }

  function paintRow(position, shift) {
    let row = drawn.get(position);
    if (!row) {
      row = spare.pop() ?? newRow();
      row.hidden = false;
      row.values = undefined;
      row.setAttribute("aria-rowindex", position + 2);
      drawn.set(position, row);
    }
    const top = `translateY(${shift + position * ROW}px)`;
    if (row.style.transform !== top) row.style.transform = top;
    const values = rowAt(position);
    if (row.values !== values || values === undefined) fill(row, values);
  }

  // A row keeps its text nodes: drawing it again changes those and little else, for rows go by 16 a frame.
  function newRow() {
    const row = element("div", { class: "uw-row", role: "row" });
    row.style.width = `${width}px`;
    row.box = element("input", { type: "checkbox", tabindex: -1 });
    row.texts = columns.map(() => document.createTextNode(""));
    const tick = cellOf("gridcell", 0, row.box, 56);
    row.append(tick, ...columns.map((column, index) => cellOf("gridcell", index + 1, row.texts[index], column.width)));
    body.append(row);
    return row;
  }

  function fill(row, values) {
    const [number, isMarked, isLocked, ...texts] = values ?? [-1, false, false, "…"];
    row.values = values;
    row.number = number;
    row.setAttribute("aria-selected", isMarked);
    row.classList.toggle("uw-locked", isLocked);
    row.box.checked = isMarked;
    row.box.setAttribute("aria-label", sentence(words, "mark_order", { order: texts[0] }));
    row.texts.forEach((node, index) => {
      const text = texts[index] ?? "";
      if (node.data !== text) node.data = text;
    });
  }

  // Show which cell is active, and tell screen readers.
  function pointAt() {
    const row = active.row < 0 ? head : drawn.get(active.row);
    const cell = row?.children[active.column];
    const cellId = `${id}-${active.row}-${active.column}`;
    if (pointed === cell && cell?.id === cellId) return;
    pointed?.classList.remove("uw-active");
    pointed?.removeAttribute("id");
    pointed = cell;
    if (!cell) return grid.removeAttribute("aria-activedescendant");
    cell.classList.add("uw-active");
    cell.id = cellId;
    grid.setAttribute("aria-activedescendant", cellId);
  }

  function go(row, column = active.column) {
    active = { row: Math.max(-1, Math.min(total - 1, row)), column: Math.max(0, Math.min(columns.length, column)) };
    if (active.row >= 0) {
      const top = active.row * ROW;
      if (top < offset()) scrollTo(top);
      else if (top + ROW > offset() + visible()) scrollTo(top + ROW - visible());
      context.atRow(rowAt(active.row)?.[0]);
    }
    const cell = head.children[active.column];
    const [left, right] = [cell.offsetLeft, cell.offsetLeft + cell.offsetWidth];
    if (active.column > 0 && left - 156 < grid.scrollLeft) grid.scrollLeft = left - 156; // tick and order stay in sight
    if (right > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = right - grid.clientWidth;
    paint();
  }

  function sortBy(column) {
    if (column < 1) return;
    const { name } = columns[column - 1];
    sort = { name, descending: sort.name === name && !sort.descending };
    [...head.children].forEach((cell, index) => {
      if (index === column) cell.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    context.show();
  }

  function toggle(position) {
    const values = rowAt(position);
    if (values) context.mark({ row: values[0], on: !values[1] });
    anchor = position;
  }
  function markTo(position) {
    const start = Math.min(anchor ?? position, position);
    context.markBetween({ start, end: Math.max(anchor ?? position, position) + 1, revision });
  }

  function press(event) {
    if (event.altKey || event.defaultPrevented) return;
    const far = event.ctrlKey || event.metaKey;
    const step = Math.max(1, Math.floor(visible() / ROW) - 1);
    const { row, column } = active;
    const moves = {
      ArrowDown: () => go(far ? total - 1 : row + 1),
      ArrowUp: () => go(far ? 0 : row - 1),
      ArrowLeft: () => go(row, column - 1),
      ArrowRight: () => go(row, column + 1),
      PageDown: () => go(row + step),
      PageUp: () => go(Math.max(0, row - step)),
      Home: () => go(far ? 0 : row, 0),
      End: () => go(far ? total - 1 : row, columns.length),
      Enter: () => (row < 0 ? sortBy(column) : context.open(rowAt(row)?.[0])),
      Escape: () => context.close(),
      " ": () => (row < 0 ? sortBy(column) : event.shiftKey ? markTo(row) : toggle(row)),
    };
    const letter = event.key.length === 1 ? event.key.toLowerCase() : "";
    if (far && letter === "z") event.shiftKey ? send("redo") : send("undo");
    else if (far && letter === "y") send("redo");
    else if (event.key === " " && typed && event.timeStamp - typedAt < 800) type(event);
    else if (moves[event.key]) moves[event.key]();
    else if (letter && !far) type(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Letters typed soon after each other are the beginning of an order's name.
  function type(event) {
    typed = event.timeStamp - typedAt > 800 ? event.key : typed + event.key;
    typedAt = event.timeStamp;
    send("typed", { text: typed, place: Math.max(0, active.row + (typed.length === 1 ? 1 : 0)) });
  }

  grid.addEventListener("keydown", press);
  grid.addEventListener("scroll", draw);
  grid.addEventListener("mouseover", (event) => {
    const cell = event.target.closest(".uw-cell");
    if (cell) cell.title = cell.textContent; // what does not fit
  });
  grid.addEventListener("mousedown", (event) => {
    if (event.target === grid) return; // the scroll bar
    event.preventDefault();
    grid.focus({ preventScroll: true });
  });
  head.addEventListener("click", (event) => {
    const column = [...head.children].indexOf(event.target.closest(".uw-cell"));
    active = { row: -1, column };
    sortBy(column);
    pointAt();
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest(".uw-row");
    if (!row) return;
    const position = Number(row.getAttribute("aria-rowindex")) - 2;
    const column = [...row.children].indexOf(event.target.closest(".uw-cell"));
    active = { row: position, column };
    if (column === 0) {
      event.preventDefault(); // the box shows what is saved, not what was clicked
      event.shiftKey && anchor !== null ? markTo(position) : toggle(position);
    } else context.open(row.number);
    pointAt();
  });
  grid.addEventListener("copy", (event) => {
    const text = grid.querySelector(".uw-active")?.textContent;
    if (!text || String(getSelection())) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  });

  // New rows, or the same ones changed. `start` and `rows` are those on the screen, sent along.
  function receive(message) {
    if (message.op === "state") {
      const isOther = message.view !== grid.dataset.view;
      grid.dataset.view = message.view;
      revision = message.revision;
      total = message.total;
      pages.clear();
      asked.clear();
      grid.setAttribute("aria-rowcount", total + 1);
      if (isOther) {
        anchor = null;
        active.row = Math.min(active.row, total - 1);
        grid.scrollTop = 0;
        active.row = Math.min(active.row, 0);
      }
    } else if (message.revision !== revision) return;
    asked.delete(message.start / PAGE);
    for (let at = 0; at < message.rows.length; at += PAGE) {
      pages.set((message.start + at) / PAGE, message.rows.slice(at, at + PAGE));
    }
    while (pages.size > KEPT_PAGES) pages.delete(pages.keys().next().value);
    draw();
  }
  const resized = new ResizeObserver(draw);
  resized.observe(grid);

  return {
    box: element("div", { class: "uw-table" }, grid, empty, keys),
    receive,
    go: (row) => go(row),
    focus: () => grid.focus({ preventScroll: true }),
    sort: () => sort,
    stop: () => resized.disconnect(),
    // The rows on the screen, in whole pages: the kernel sends them along when they change.
    window: () => {
      const first = Math.floor(offset() / ROW / PAGE);
      const last = Math.floor((offset() + visible()) / ROW / PAGE);
      return [first * PAGE, (last + 1) * PAGE];
    },
  };
}

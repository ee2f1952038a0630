// What the benchmark of the marking table does inside the page. Seconds are of performance.now, in the page itself.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const deep = (css, root = document) => [
    ...all(css, root),
    ...all("*", root).flatMap((element) => (element.shadowRoot ? deep(css, element.shadowRoot) : [])),
  ];
  const hasOrder = (cells) => cells.some((cell) => cell.textContent.includes("#"));
  const rows = () => all(".uw-row:not([hidden])");
  const orders = () => rows().map((row) => row.children[1].textContent);
  const grid = () => document.querySelector(".uw-grid");
  const view = () => grid().dataset.view;

  // Whether a row of the table is on the page.
  const seen = {
    ours: () => orders()[0]?.startsWith("#"),
    perspective: () => hasOrder(deep("regular-table td")),
    itables: () => hasOrder(all("table.dataTable tbody td")),
    ipyaggrid: () => hasOrder(all(".ag-cell")),
    // It draws on a canvas: text below the head is there once the picture has many shades.
    ipydatagrid: () => {
      const canvas = document.querySelector(".lm-DataGrid canvas");
      if (!canvas?.width) return false;
      const { data } = canvas.getContext("2d").getImageData(0, 24, Math.min(500, canvas.width), 60);
      return new Set(data.filter((_, at) => at % 4 === 0)).size > 12;
    },
  };

  const change = (control, value, type) => {
    control.value = value;
    control.dispatchEvent(new Event(type));
  };
  const buttons = () => all(".uw-deciding .uw-button");
  // What a person does.
  const acts = {
    find: (word) => change(document.querySelector(".uw-filter-text input"), word, "input"),
    choose: ([name, value]) => change(document.querySelector(`.uw-filter-${name} select`), value, "change"),
    sort: (column) => all(".uw-head .uw-cell")[column].click(),
    mark: () => buttons()[0].click(),
    unmark: () => buttons()[1].click(),
    jump: () => (grid().scrollTop = grid().scrollHeight / 2),
    wait: () => {},
  };
  const areAll = (marked) => rows().every((row) => row.getAttribute("aria-selected") === marked);
  const areThere = () => orders().every((text) => text.startsWith("#"));
  // What the page then shows.
  const shown = {
    view: (before) => view() !== before && areThere(),
    marked: () => areAll("true"),
    unmarked: () => areAll("false"),
    saved: () => document.querySelector(".uw-marking").dataset.saved === "saved",
    far: () => areThere() && Number(rows()[0].getAttribute("aria-rowindex")) > 1_000,
  };

  async function until(holds, patience) {
    const begun = performance.now();
    while (!holds()) {
      if (performance.now() - begun > patience) return null;
      await frame();
    }
    return (performance.now() - begun) / 1000;
  }

  window.bench = {
    // Run a cell; seconds until its first row was painted, null where it never was.
    async firstRow([at, table]) {
      jupyterapp.shell.currentWidget.content.activeCellIndex = at;
      const begun = performance.now();
      jupyterapp.commands.execute("notebook:run-cell");
      if ((await until(seen[table], 180_000)) === null) return null;
      await frame();
      await frame();
      return (performance.now() - begun) / 1000;
    },
    timed([act, what, result]) {
      const before = view();
      acts[act](what);
      return until(() => shown[result](before), 60_000);
    },
    // Milliseconds of each frame while the rows go by, 16 a frame; and the share of frames in which some were blank.
    async scrolled(frames) {
      const took = [];
      let blank = 0;
      let last = performance.now();
      for (let at = 0; at < frames; at++) {
        grid().scrollTop += 450;
        await frame();
        took.push(performance.now() - last);
        last = performance.now();
        blank += areThere() ? 0 : 1;
      }
      return [took, blank / frames];
    },
  };
})();

// The filters above the table, and the choices that the kernel knows.
function makeFilters(context) {
  const { words } = context;
  const any = ["", words.any];
  const pairs = (names) => [any, ...names.map((name) => [name, words[`choice_${name}`]])];
  const find = element("input", { type: "search", placeholder: words.find_hint, autocomplete: "off" });
  const sku = suggesting([], { placeholder: words.sku_hint });
  const controls = {
    text: find,
    decision: dropDown(pairs(["marked", "unmarked", "unfulfill", "hold", "request_cancellation", "keep"])),
    kind: dropDown([any]),
    incident: dropDown([any]),
    severity: dropDown(pairs(["high", "medium", "low"])),
    lock: dropDown(pairs(["free", "locked", "overridden"])),
    evidence: dropDown(pairs(["sure", "likely", "doubtful", "none"])),
    status: dropDown([any]),
    location: dropDown([any]),
    service: dropDown([any]),
    app: dropDown([any]),
    sku: sku.input,
    since: element("input", { type: "date" }),
    until: element("input", { type: "date" }),
  };
  const box = element("form", { class: "uw-filters", role: "search", "aria-label": words.filters });
  for (const [name, control] of Object.entries(controls)) {
    box.append(labelled(words[`filter_${name}`], control, `uw-filter-${name}`));
  }
  box.append(sku.list);
  const clear = button(words.clear, () => {
    for (const control of Object.values(controls)) control.value = "";
    context.show();
  });
  box.append(element("div", { class: "uw-field uw-clear" }, clear));
  box.addEventListener("submit", (event) => event.preventDefault());

  let waiting = 0;
  for (const control of Object.values(controls)) {
    const isTyped = control.tagName === "INPUT" && control.type !== "date";
    control.addEventListener(isTyped ? "input" : "change", () => {
      clearTimeout(waiting);
      waiting = setTimeout(context.show, isTyped ? 80 : 0);
    });
  }

  function value() {
    return Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
  }
  function receive(choices) {
    for (const name of ["kind", "incident", "status", "location", "service", "app"]) {
      fillOptions(controls[name], [any, ...choices[name]]);
      controls[name].parentElement.hidden = choices[name].length === 0;
    }
    sku.suggest(choices.sku);
  }
  return { box, value, receive };
}

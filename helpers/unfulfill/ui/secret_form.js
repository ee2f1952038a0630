// A form whose secret goes to the kernel in one message and stays nowhere: it is no trait, and the field is emptied.
let forms = 0;

function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function render({ model, el }) {
  const prefix = `uw-connect-${++forms}`;
  const words = model.get("words");
  const form = element("form", "uw-connect", { autocomplete: "off", "aria-label": words.title });
  const inputs = {};

  function field(name, label, attributes = {}) {
    const row = element("div", "uw-connect-row");
    const caption = element("label", "", { for: `${prefix}-${name}` });
    caption.textContent = label;
    inputs[name] = element("input", "", {
      id: `${prefix}-${name}`, type: "text", autocomplete: "off", spellcheck: "false", ...attributes,
    });
    row.append(caption, inputs[name]);
    form.append(row);
    return row;
  }

  field("shop", words.shop, { placeholder: "example.myshopify.com" });
  inputs.shop.onchange = () => model.send({ op: "shop", shop: inputs.shop.value });
  field("profile", words.profile, { placeholder: words.profile_hint });

  const kinds = element("fieldset", "uw-connect-row");
  const legend = element("legend", "");
  legend.textContent = words.opened_by;
  kinds.append(legend);
  for (const [value, text] of [["token", words.token], ["client", words.client]]) {
    const choice = element("label", "");
    const radio = element("input", "", { type: "radio", name: `${prefix}-kind`, value });
    radio.checked = value === "token";
    radio.onchange = derive;
    choice.append(radio, text);
    kinds.append(choice);
    inputs[`kind_${value}`] = radio;
  }
  form.append(kinds);

  const clientRow = field("client_id", words.client_id);
  const secretRow = field("secret", words.access_token, { type: "password", autocomplete: "new-password" });
  const button = element("button", "jupyter-button uw-connect-button", { type: "submit" });
  button.textContent = words.check;
  form.append(button);
  el.append(form);

  // JupyterLab listens for keys everywhere: typing "dd" here would delete the notebook's cell.
  form.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  });

  function derive() {
    const busy = model.get("busy");
    const isClient = inputs.kind_client.checked;
    clientRow.hidden = !isClient;
    secretRow.firstChild.textContent = isClient ? words.client_secret : words.access_token;
    for (const input of Object.values(inputs)) input.disabled = busy;
    button.disabled = busy;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (model.get("busy")) return;
    const secret = inputs.secret.value;
    inputs.secret.value = "";
    model.send({
      op: "connect",
      shop: inputs.shop.value,
      profile: inputs.profile.value,
      client_id: inputs.kind_client.checked ? inputs.client_id.value : "",
      kind: inputs.kind_client.checked ? "client" : "token",
      secret,
    });
  });

  function receive(message) {
    if (message.op === "shop") inputs.shop.value = message.shop; // a proposal, for the person to confirm
  }
  model.on("msg:custom", receive);
  model.on("change:busy", derive);
  derive();
  return () => {
    inputs.secret.value = "";
    model.off("msg:custom", receive);
    model.off("change:busy", derive);
  };
}

export default { render };

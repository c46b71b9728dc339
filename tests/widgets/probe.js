// Stands between the site's host and a figure, and hands the model to the test.
async function render({ model, el }) {
  const folder = model.get("race") ? "race" : "stride";
  const { default: figure } = await import(`../${folder}/live.js`);
  model.save_changes = () => {
    window.saved = Object.fromEntries(window.keys.map((key) => [key, model.get(key)]));
  };
  window.model = model;
  window.closeFigure = figure.render({ model, el });
}

export default { render };

// Stands between the site's host and the calculator, and hands the model to the test.
import calculator from "./stride_calculator.js";

function render({ model, el }) {
  model.save_changes = () => {
    window.saved = Object.fromEntries(window.keys.map((key) => [key, model.get(key)]));
  };
  window.model = model;
  window.closeCalculator = calculator.render({ model, el });
}

export default { render };

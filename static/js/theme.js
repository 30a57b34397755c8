// Runs before the first paint (a plain script, not a module), so that a chosen theme never flashes the other one.
// Choices: "system" (nothing stored), "light", "dark".
(() => {
  const order = ["system", "light", "dark"];
  const read = () => {
    try {
      return localStorage.getItem("theme") ?? "system";
    } catch {
      return "system"; // storage may be forbidden; the system's choice is then the only one
    }
  };
  const show = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      button.textContent = button.dataset[theme];
    }
  };
  const next = () => {
    const theme = order[(order.indexOf(read()) + 1) % order.length];
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Shown for this page alone.
    }
    show(theme);
  };

  show(read());
  addEventListener("DOMContentLoaded", () => {
    show(read());
    for (const button of document.querySelectorAll("[data-theme-button]")) button.addEventListener("click", next);
  });
})();

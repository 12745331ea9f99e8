// Choosing files, for data-module="filepicker": keeps what was chosen before, lists it with a way to remove each file,
// and takes files dropped on or pasted into the form. The native input stays the one that is sent.
import { all } from "./page.js";

const sizeOf = (bytes) => {
  const isMega = bytes >= 1_048_576;
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: isMega ? "megabyte" : "kilobyte",
    maximumFractionDigits: isMega ? 1 : 0,
  }).format(isMega ? bytes / 1_048_576 : Math.max(1, bytes / 1024));
};

const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

class Picker {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("[data-picker-input]");
    this.list = root.querySelector("[data-picker-list]");
    this.problem = root.querySelector("[data-picker-problem]");
    this.row = root.querySelector("[data-picker-row]");
    this.files = [];
    this.input.addEventListener("change", () => this.add(this.input.files));
    const opener = root.querySelector("[data-picker-open]");
    opener.hidden = false;
    this.input.hidden = true;
    opener.addEventListener("click", () => this.input.click());
    this.listenTo(root.closest("form") ?? root);
  }

  listenTo(form) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    form.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      form.dataset.dropping = "";
    });
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) delete form.dataset.dropping;
    });
    form.addEventListener("drop", (event) => {
      delete form.dataset.dropping;
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
    form.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) this.add(event.clipboardData.files);
    });
  }

  add(chosen) {
    const problems = [];
    for (const file of [...chosen]) {
      if (file.size > Number(this.root.dataset.maxBytes)) problems.push(`${file.name} ${this.root.dataset.tooBig}`);
      else if (this.files.length >= Number(this.root.dataset.maxFiles)) problems.push(this.root.dataset.tooMany);
      else if (!this.files.some((other) => isSame(file, other))) this.files.push(file);
    }
    this.problem.textContent = [...new Set(problems)].join(". ");
    this.show();
  }

  show() {
    const transfer = new DataTransfer();
    this.files.forEach((file) => transfer.items.add(file));
    this.input.files = transfer.files;
    this.list.replaceChildren(...this.files.map((file) => this.rowFor(file)));
  }

  rowFor(file) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-size]").textContent = sizeOf(file.size);
    const remove = row.querySelector("[data-remove]");
    remove.setAttribute("aria-label", `${remove.dataset.label}: ${file.name}`);
    remove.addEventListener("click", () => {
      this.files = this.files.filter((other) => other !== file);
      this.show();
      this.root.querySelector("[data-picker-open]").focus();
    });
    return row;
  }
}

export const init = (root) => {
  for (const el of all(root, '[data-module~="filepicker"]:not([data-ready])')) {
    el.dataset.ready = "true";
    new Picker(el);
  }
};

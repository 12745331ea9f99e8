// Choosing files, for data-module="filepicker": keeps what was chosen before, lists it with a way to remove each file,
// and takes files dropped on or pasted into the form. With data-files-url each file is kept on the server at once, with
// its progress; what that does not take, or without it, is sent by the native input with the form.
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

const underway = new WeakMap(); // form -> uploads that have not ended
const turns = new WeakMap(); // form -> its last upload: one after the other, to be kept in the order they were chosen in
const STALLED_MS = 60_000;
const held = new WeakSet(); // forms that are to be sent once their files have arrived
let listening = false;

// How many files of a form are still on their way, or can only go with it.
export const filesOf = (form) => {
  const inputs = [...form.querySelectorAll("[data-picker-input]")];
  return (underway.get(form)?.size ?? 0) + inputs.reduce((count, input) => count + input.files.length, 0);
};

// Once all that is on its way now has ended; whether none of it was refused.
export const settled = async (form) => (await Promise.all(underway.get(form) ?? [])).every(Boolean);

const answerOf = (request) => {
  if (!request.getResponseHeader("Content-Type")?.includes("json")) return null;
  try {
    return { ok: request.status === 200, told: JSON.parse(request.responseText) };
  } catch {
    return null;
  }
};

// One file to the server; resolves with its answer, or null where there was none that can be used. What no longer moves
// is given up, so that the next one has its turn.
const upload = (url, token, file, onProgress, onStart) => new Promise((resolve) => {
  const request = new XMLHttpRequest();
  let stalled = 0;
  const moves = () => {
    clearTimeout(stalled);
    stalled = setTimeout(() => request.abort(), STALLED_MS);
  };
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token);
  body.set("file", file);
  request.upload.addEventListener("progress", (event) => {
    moves();
    if (event.lengthComputable) onProgress(event.loaded / event.total);
  });
  request.addEventListener("loadend", () => {
    clearTimeout(stalled);
    resolve(answerOf(request));
  });
  request.open("POST", url);
  request.setRequestHeader("Accept", "application/json");
  onStart(request);
  moves();
  request.send(body);
});

class Picker {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("[data-picker-input]");
    this.list = root.querySelector("[data-picker-list]");
    this.problem = root.querySelector("[data-picker-problem]");
    this.row = root.querySelector("[data-picker-row]");
    this.form = root.closest("form") ?? root;
    this.files = []; // these go with the form
    this.rows = new Map();
    this.input.addEventListener("change", () => this.add(this.input.files));
    const opener = root.querySelector("[data-picker-open]");
    opener.hidden = false;
    this.input.hidden = true;
    opener.addEventListener("click", () => this.input.click());
    this.list.querySelectorAll("li").forEach((row) => this.listenToKept(row));
    this.listenTo(this.form);
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
      const isThere = [...this.rows.keys()].some((other) => isSame(file, other));
      if (file.size > Number(this.root.dataset.maxBytes)) problems.push(`${file.name} ${this.root.dataset.tooBig}`);
      else if (this.list.children.length >= Number(this.root.dataset.maxFiles)) problems.push(this.root.dataset.tooMany);
      else if (!isThere) this.take(file);
    }
    this.say([...new Set(problems)].join(". "));
    this.fillInput();
  }

  say(words) { this.problem.textContent = words; }

  // The native input holds what is to go with the form, and nothing that is kept already.
  fillInput() {
    const transfer = new DataTransfer();
    this.files.forEach((file) => transfer.items.add(file));
    this.input.files = transfer.files;
  }

  take(file) {
    const row = this.rowFor(file);
    this.rows.set(file, row);
    this.list.append(row);
    if (this.root.dataset.filesUrl) this.send(file, row);
    else this.files.push(file);
  }

  send(file, row) {
    const bar = row.querySelector("progress");
    bar.hidden = false;
    bar.setAttribute("aria-label", file.name);
    const start = () => "out" in row.dataset ? null : upload(
      this.root.dataset.filesUrl, this.form.querySelector('[name="csrfmiddlewaretoken"]').value, file,
      (part) => { bar.value = part; },
      (request) => { row.stop = () => request.abort(); },
    );
    const ended = (turns.get(this.form) ?? Promise.resolve()).then(start).catch(() => null);
    turns.set(this.form, ended);
    const done = ended.then((answer) => this.sent(file, row, answer)).finally(() => {
      bar.hidden = true;
      underway.get(this.form)?.delete(done);
    });
    if (!underway.has(this.form)) underway.set(this.form, new Set());
    underway.get(this.form).add(done);
  }

  // Whether the form may go: not without a file that was refused. A row that is on the page no more, as a part of the
  // page was renewed, says nothing about its file: only a click takes that out.
  sent(file, row, answer) {
    delete row.stop;
    const kept = answer?.ok ? answer.told.files[0] : null;
    if ("out" in row.dataset) {
      if (kept) this.removeFromServer(kept.id);
      return true;
    }
    if (answer?.ok) {
      if (kept) this.keep(row, kept);
      else this.drop(file, row); // it was there already
      return true;
    }
    if (answer) {
      this.drop(file, row); // refused for what it is: the server says why
      this.say(Object.values(answer.told.fields ?? {}).flat().join(" ") || answer.told.detail);
      return false;
    }
    this.files.push(file);
    this.fillInput();
    this.say(`${file.name} ${this.root.dataset.failed}`);
    return true;
  }

  keep(row, kept) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "draft_file";
    field.value = kept.id;
    row.append(field);
    if (kept.note) row.querySelector("[data-size]").textContent = kept.note;
  }

  drop(file, row) {
    row.stop?.();
    row.remove();
    this.rows.delete(file);
    this.files = this.files.filter((other) => other !== file);
    this.fillInput();
  }

  // What stands on the server is taken out there too; fields of a row that is gone are not sent in any case.
  forget(row) {
    const id = row.querySelector('[name="draft_file"]').value;
    row.remove();
    this.root.querySelector("[data-picker-open]").focus();
    this.removeFromServer(id);
  }

  async removeFromServer(id) {
    const body = new URLSearchParams({ csrfmiddlewaretoken: this.form.querySelector('[name="csrfmiddlewaretoken"]').value });
    const sent = { method: "POST", body, headers: { Accept: "application/json" } };
    await fetch(`${this.root.dataset.filesUrl}${id}/remove/`, sent).catch(() => null);
  }

  listenToKept(row) {
    row.querySelector("[data-remove]").addEventListener("click", (event) => {
      event.preventDefault();
      this.forget(row);
    });
  }

  rowFor(file) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-size]").textContent = sizeOf(file.size);
    const remove = row.querySelector("[data-remove]");
    remove.setAttribute("aria-label", `${remove.dataset.label}: ${file.name}`);
    remove.addEventListener("click", () => {
      const id = row.querySelector('[name="draft_file"]');
      if (id) {
        this.rows.delete(file);
        this.forget(row);
      } else {
        row.dataset.out = "";
        this.drop(file, row);
        this.root.querySelector("[data-picker-open]").focus();
      }
    });
    return row;
  }
}

// A message does not leave without a file that is still on its way, nor once that was refused: what is to be done then
// is the person's to say. Only what keeps or discards a draft goes on.
const onSubmit = async (event) => {
  const { target: form, submitter } = event;
  if (!underway.get(form)?.size || submitter?.hasAttribute("hx-post")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (held.has(form)) return;
  held.add(form);
  const button = submitter ?? form.querySelector("[data-composer-send]");
  button?.setAttribute("aria-busy", "true");
  const isWhole = await settled(form);
  held.delete(form);
  button?.removeAttribute("aria-busy");
  if (isWhole || submitter?.matches("[data-draft-button]")) form.requestSubmit(submitter);
};

export const init = (root) => {
  for (const el of all(root, '[data-module~="filepicker"]:not([data-ready])')) {
    el.dataset.ready = "true";
    new Picker(el);
  }
  if (listening) return;
  listening = true;
  window.addEventListener("submit", onSubmit, true);
};

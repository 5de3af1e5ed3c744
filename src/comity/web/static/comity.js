// What makes the pages better where there is script; each works without. No library, nothing loaded from elsewhere.
"use strict";
(() => {
  const page = document.documentElement;
  const officer = document.body.dataset.officer || "";
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  page.classList.add("script");

  // Half-typed forms live in this tab only, for this officer only, until they are sent, cleared or signed out of.
  const prefix = "comity.";
  const forget = (all) => Object.keys(sessionStorage)
    .filter((key) => key.startsWith(prefix) && (all || sessionStorage[key].indexOf(JSON.stringify(officer)) !== 1))
    .forEach((key) => sessionStorage.removeItem(key));
  if (officer) forget(false);
  each("form[data-keep]", (form) => {
    const key = prefix + form.dataset.keep;
    // What a form held when it was last sent is kept with it: what was not typed since is about something else.
    const isKept = (field) => field.type !== "hidden" || field.name.endsWith("-before");
    const fields = () => [...form.elements].filter((field) => field.name && isKept(field) && ![ "submit", "button", "file", "fieldset"].includes(field.type));
    const isTicked = (field) => ["checkbox", "radio"].includes(field.type);
    const nameOf = (field) => (isTicked(field) ? `${field.name}=${field.value}` : field.name);
    const isFresh = "fresh" in form.dataset || !location.search.includes("sheet=");
    const held = sessionStorage.getItem(key);
    if (held && isFresh) {
      const typed = JSON.parse(held)[1];
      fields().forEach((field) => {
        const text = typed[nameOf(field)];
        if (text === undefined) return;
        if (isTicked(field)) field.checked = text === "1"; else if (!field.value || field.tagName === "SELECT") field.value = text;
      });
    }
    form.addEventListener("input", () => {
      const typed = {};
      fields().forEach((field) => { typed[nameOf(field)] = isTicked(field) ? (field.checked ? "1" : "") : field.value; });
      sessionStorage.setItem(key, JSON.stringify([officer, typed]));
    });
    form.addEventListener("submit", () => sessionStorage.removeItem(key));
    form.querySelectorAll("[data-clears]").forEach((link) => link.addEventListener("click", () => sessionStorage.removeItem(key)));
  });
  each("form[data-leaves]", (form) => form.addEventListener("submit", () => forget(true)));

  const serve = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button:not(.unseen)").forEach((button) => {
      button.disabled = false;
      if (button.dataset.idle) button.firstChild.textContent = button.dataset.idle;
    });
  };

  // One press, one act. Coming back from the browser's history, the buttons serve again.
  each("form[data-once]", (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const pressed = event.submitter;
    setTimeout(() => {
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      if (pressed && pressed.dataset.busy) {
        pressed.dataset.idle = pressed.firstChild.textContent;
        pressed.firstChild.textContent = `${pressed.dataset.busy}… `;
      }
    }, 0);
  }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) each("form[data-sent]", serve);
  });

  // A hit is announced at once: a live region speaks only when it changes after the page is there.
  each("[data-announce]", (banner) => {
    const text = banner.querySelector("h2");
    if (!text) return;
    const words = text.textContent;
    text.textContent = "";
    setTimeout(() => { text.textContent = words; }, 50);
  });

  // Keys are named on their buttons; never a bare letter, because document readers type.
  addEventListener("keydown", (event) => {
    const name = event.altKey && event.key.length === 1 ? `Alt+${event.key.toUpperCase()}`
      : (event.ctrlKey || event.metaKey) && event.key === "Enter" ? "Ctrl+Enter" : event.key === "Escape" ? "Escape" : "";
    const field = name && document.querySelector(`[data-focus="${name}"]`);
    if (field) { event.preventDefault(); field.focus(); }
    const target = name && document.querySelector(`[data-key="${name}"]:not(:disabled)`);
    if (target) { event.preventDefault(); target.click(); }
  });

  // Reading a zone while it comes in; Enter sends once all its lines are there, and begins a new line before.
  const shapes = ["30,30,30", "36,36", "44,44"];
  const shapeOf = (text) => text.split(/\r?\n/).map((line) => line.replace(/\s/g, "").length).filter(Boolean).join(",");
  each("textarea[data-reads]", (zone) => {
    const reading = document.getElementById("reading");
    let wait = 0;
    let turn = 0;
    const read = async () => {
      const mine = ++turn;
      try {
        const answer = await fetch(zone.dataset.reads, {
          method: "POST", redirect: "error", body: new URLSearchParams({ mrz: zone.value }),
        });
        const text = await answer.text();
        if (answer.ok && mine === turn) reading.innerHTML = text;
      } catch { /* the page reads it when it is sent */ }
    };
    zone.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(read, 150); });
    zone.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      if (event.ctrlKey || shapes.includes(shapeOf(zone.value))) {
        event.preventDefault();
        zone.form.requestSubmit(zone.form.querySelector("button.do"));
      }
    });
    if (zone.value.trim() && !reading.childElementCount) read();
    // After an answer the next document can be read at once, over the one before. On a phone the answer stays in view.
    if (document.querySelector(".answer .verdict") && matchMedia("(min-width: 60rem)").matches && !location.hash) {
      const wrong = zone.form.querySelector("[aria-invalid]") || zone; // what is to be corrected comes first
      wrong.focus({ preventScroll: true });
      if (wrong === zone && document.querySelector(".answers")) zone.select();
    }
  });
  // In the other fields Enter means the form's first purpose, not whatever button stands first.
  each("form", (form) => form.addEventListener("keydown", (event) => {
    if ("calm" in form.dataset) { // Enter in a field of a letter sends nothing: Ctrl+Enter does
      if (event.key === "Enter" && !event.ctrlKey && event.target.tagName === "INPUT" && event.target.type !== "file") event.preventDefault();
      return;
    }
    const main = form.querySelector("[data-enter]") || form.querySelector("button.do");
    if (event.key === "Enter" && event.target.tagName === "INPUT" && main && !main.disabled && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit(main);
    }
  }));

  // What an officer has opened once stays open for the session.
  each("details[data-stays]", (part) => {
    const key = `${prefix}stays.${part.dataset.stays}`;
    if (sessionStorage.getItem(key) === JSON.stringify([officer, "1"])) part.open = true;
    part.addEventListener("toggle", () => sessionStorage.setItem(key, JSON.stringify([officer, part.open ? "1" : ""])));
  });
  each("[data-goes]", (field) => field.addEventListener("change", () => field.form.requestSubmit()));
  each("[data-prints]", (button) => button.addEventListener("click", () => print()));

  // Who can read what is being written is said anew whenever its recipients change.
  each("[data-tells]", (box) => {
    const into = document.getElementById(box.dataset.into);
    let turn = 0;
    const tell = async () => {
      const mine = ++turn;
      const chosen = [...box.querySelectorAll("input[name]:checked")].map((field) => [field.name, field.value]);
      try {
        const answer = await fetch(box.dataset.tells, { method: "POST", redirect: "error", body: new URLSearchParams(chosen) });
        const text = await answer.text();
        if (answer.ok && mine === turn) into.innerHTML = text;
      } catch { /* the page says it before it sends */ }
    };
    box.addEventListener("change", tell);
    const said = into.querySelector("[name=seen]");
    if (said && said.value !== [...box.querySelectorAll("input[name]:checked")].map((field) => field.value).join(" ")) tell();
  });
  each("[data-filters]", (field) => field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    document.getElementById(field.dataset.filters).querySelectorAll("label").forEach((label) => {
      label.hidden = !label.textContent.toLowerCase().includes(wanted) && !label.querySelector(":checked");
    });
  }));
  each("input[data-most]", (field) => field.addEventListener("change", () => {
    const isLarge = [...field.files].some((file) => file.size > Number(field.dataset.most));
    field.setCustomValidity(isLarge ? field.dataset.tooLarge : "");
    if (isLarge) field.reportValidity();
  }));

  // A file of records goes part by part, and after a cut on from where it was: nothing is sent twice.
  const PART = 2000000;
  each("form[data-brings]", (form) => form.addEventListener("submit", (event) => {
    const file = form.querySelector("input[type=file]").files[0];
    if (!file) return;
    event.preventDefault();
    const [coming, wrong, button] = ["[data-coming]", "[data-wrong]", "button.do"].map((what) => form.querySelector(what));
    const show = (received) => {
      coming.hidden = false;
      coming.querySelector("progress").value = received / file.size;
      coming.querySelector("[data-said]").textContent = `${Math.floor((100 * received) / file.size)} %`;
    };
    const pause = (seconds) => new Promise((done) => { setTimeout(done, 1000 * seconds); });
    // Only what the line does is tried again; null stands for an answer that did not come whole.
    const ask = async (path, how) => {
      try {
        const answer = await fetch(path, { redirect: "error", ...how });
        return { ok: answer.ok, ...await answer.json() };
      } catch { return null; }
    };
    const announce = () => {
      const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      fields.set("name", file.name);
      fields.set("size", file.size);
      fields.set("changed", file.lastModified);
      return ask(form.dataset.brings, { method: "POST", body: fields });
    };
    const fail = (said) => {
      wrong.hidden = false;
      wrong.textContent = `${said.message} ${said.next_step}`;
      coming.hidden = true;
      serve(form);
    };
    const bring = async () => {
      wrong.hidden = true;
      for (let tries = 1; ; tries += 1) {
        let said = await announce();
        const page = said && said.page;
        while (said && said.ok && said.received < file.size) {
          show(said.received);
          const { received } = said;
          const body = await file.slice(received, received + PART).arrayBuffer();
          said = await ask(`${page}?offset=${received}`, { method: "PATCH", body });
          if (said) tries = 1;
        }
        if (said && !said.ok) { fail(said); return; }
        if (said) {
          show(file.size);
          location.assign(page);
          return;
        }
        coming.querySelector("[data-said]").textContent = button.dataset.cut; // the node says where to go on
        coming.hidden = false;
        if (tries > 6) { fail({ message: button.dataset.lost, next_step: "" }); return; }
        await pause(2 ** tries / 2);
      }
    };
    bring().catch(() => fail({ message: button.dataset.fault, next_step: "" })); // no fault of the line
  }));

  // What goes on by itself is followed until it stands still.
  const follow = async () => {
    const part = document.querySelector("[data-follows]");
    if (!part) return;
    try {
      const answer = await fetch(location.href, { redirect: "error" });
      const said = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (answer.ok && said) {
        if (!("follows" in said.dataset)) { location.reload(); return; }
        const [old, now] = [part, said].map((each) => each.querySelector("p[role=status], .verdict"));
        if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
      }
    } catch { /* the next round shows it */ }
    setTimeout(follow, Number(part.dataset.follows));
  };
  each("[data-follows]", (part) => setTimeout(follow, Number(part.dataset.follows)));

  // Parts of a page that change while it is read: the server says them anew, and nothing else is touched.
  const lives = [...document.querySelectorAll("form[data-live]")];
  let isAsking = false;
  let isStale = false;
  const refresh = async () => {
    if (!lives.length || document.hidden) { isStale = true; return; }
    if (isAsking) { isStale = true; return; }
    isAsking = true;
    isStale = false;
    try {
      for (const form of lives) {
        const answer = await fetch(form.action, { method: "POST", redirect: "error", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok) continue;
        const said = document.createElement("template");
        said.innerHTML = await answer.text();
        said.content.querySelectorAll("[data-part]").forEach((part) => {
          const place = document.getElementById(part.dataset.part);
          if (place && place.innerHTML !== part.innerHTML && !place.contains(document.activeElement)) place.innerHTML = part.innerHTML;
        });
      }
    } catch { /* a reload shows it */ }
    isAsking = false;
    if (isStale) setTimeout(refresh, 500);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isStale) refresh(); });
  if (lives.length) setInterval(refresh, 30000); // deadlines pass by themselves

  // The state line, whenever it changes.
  each("[data-events]", (line) => {
    const events = new EventSource(line.dataset.events);
    events.addEventListener("state", (event) => { line.innerHTML = event.data; });
    const title = document.title;
    events.addEventListener("messages", (event) => {
      const badge = document.getElementById("unopened");
      if (badge && badge.innerHTML.trim() !== event.data.trim()) badge.innerHTML = event.data;
      const count = badge && badge.querySelector("[data-count]");
      document.title = count ? `(${count.dataset.count}) ${title}` : title;
      refresh();
    });
    events.addEventListener("asked", refresh);
    events.addEventListener("held", (event) => {
      const badge = document.getElementById("waiting");
      if (badge && badge.innerHTML.trim() !== event.data.trim()) badge.innerHTML = event.data;
    });
    addEventListener("pagehide", () => events.close());
  });
})();

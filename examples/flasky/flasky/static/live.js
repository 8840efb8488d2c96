// While copies are under way, show what has become of them since.
const look = async () => {
  const live = document.getElementById("live");
  if (live.dataset.open === "0") return;
  const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh) return;
  live.dataset.open = fresh.dataset.open;
  live.querySelector(".lead").textContent = fresh.querySelector(".lead").textContent;
  live.querySelector("progress").value = fresh.querySelector("progress").value;
  live.querySelector("tbody").replaceWith(fresh.querySelector("tbody"));
  setTimeout(look, 500);
};
setTimeout(look, 500);

/* The search page. A section is a result if it has all the words that were typed, whatever their endings;
   if none has all, those with the most are. First come sections that are about a word (BM25), or have it in
   a heading. */
(() => {
  "use strict";
  const HEADING = 4, TITLE = 2, SHOWN = 20, BEFORE = 16, EXCERPT = 70;

  const stemmer = new Stemmer(), stems = new Map();
  const stem = (word) => {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
    return stems.get(word);
  };
  const tokens = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*/gu) ?? [];
  const joined = (token) => stem(token.replaceAll("-", ""));
  /* "back-pressure" is also "backpressure", "back" and "pressure"; "max_concurrency" has parts, too. */
  const words = (text) => tokens(text).flatMap((token) => {
    const parts = token.split(/[-_]+/).filter(Boolean);
    return parts.length > 1 ? [joined(token), ...parts.map(stem)] : [joined(token)];
  });

  const weighed = sections.map(([, title, heading, text]) => {
    const found = words(text), counts = new Map();
    for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { counts, size: found.length, heading: words(heading || title), title: words(title) };
  });
  const average = weighed.reduce((sum, { size }) => sum + size, 0) / weighed.length;

  const weight = ({ counts, size, heading, title }, word) => {
    const count = counts.get(word) ?? 0;
    return (count * 2.2) / (count + 0.3 + (0.9 * size) / average)
      + (heading.includes(word) ? HEADING : 0) + (title.includes(word) ? TITLE : 0);
  };

  /* How much a word tells: the fewer sections have it, the more. */
  const rarity = (word) => {
    const count = weighed.filter((section) => weight(section, word)).length;
    return Math.log(1 + (weighed.length - count + 0.5) / (count + 0.5));
  };

  const search = (wanted) => {
    const results = sections.map((section, index) => {
      const weights = wanted.map(({ word }) => weight(weighed[index], word));
      const score = weights.reduce((sum, each, at) => sum + wanted[at].tells * each, 0);
      return { section, score, has: weights.filter(Boolean).length };
    });
    const most = Math.max(...results.map(({ has }) => has));
    return results
      .filter(({ has }) => has && has === most)
      .sort((one, other) => other.score - one.score);
  };

  /* The text around what was typed, or else around the word that tells most; all its words are marked. */
  const excerpt = (text, query, wanted) => {
    const parts = text.split(/([\p{L}\p{N}_]+)/u), found = parts.map((part) => stem(part.toLowerCase()));
    const literal = text.toLowerCase().indexOf(query.toLowerCase());
    const told = wanted.find(({ word }) => found.includes(word))?.word;
    let end = 0;
    const first = literal < 0 ? found.indexOf(told) : parts.findIndex((part) => (end += part.length) > literal);
    const begin = Math.max(0, first - BEFORE);
    const shown = document.createElement("p");
    shown.append(begin ? "… " : "");
    parts.slice(begin, begin + EXCERPT).forEach((part, at) => {
      const mark = document.createElement("mark");
      mark.textContent = part;
      shown.append(wanted.some(({ word }) => word === found[begin + at]) ? mark : part);
    });
    shown.append(begin + EXCERPT < parts.length ? " …" : "");
    return shown;
  };

  const query = (new URLSearchParams(location.search).get("q") ?? "").trim();
  for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
  if (!query) return;
  const typed = tokens(query), telling = typed.filter((word) => !stopwords.has(word));
  const wanted = [...new Set((telling.length ? telling : typed).map(joined))]
    .map((word) => ({ word, tells: rarity(word) }))
    .sort((one, other) => other.tells - one.tells);
  const results = search(wanted);
  document.title = `${query} - ${document.title}`;
  document.getElementById("search-status").textContent = results.length === 0 ? "Nothing found."
    : (results.length === 1 ? "1 section has " : `${results.length} sections have `)
      + (results[0].has === wanted.length ? "this" : "some of this")
      + (results.length > SHOWN ? `; the first ${SHOWN} are:` : ":");
  for (const { section: [address, title, heading, text] } of results.slice(0, SHOWN)) {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = address;
    link.textContent = heading ? `${title} › ${heading}` : title;
    item.append(link, excerpt(text, query, wanted));
    document.getElementById("search-results").append(item);
  }
})();

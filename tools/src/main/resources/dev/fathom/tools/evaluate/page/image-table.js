// The table of all images of an evaluation: sorts by any column, filters by any, shows the mean of what is left.
// Plain JavaScript; everything it shows comes from the JSON beside it, and is set as text, never as markup.
(function () {
  'use strict';
  const PAGE = 200;
  const root = document.getElementById('image-table');
  const data = JSON.parse(document.getElementById('image-table-data').textContent);
  const head = root.querySelector('thead');
  const body = root.querySelector('tbody');
  const foot = root.querySelector('tfoot');
  const count = root.querySelector('.count');
  const more = root.querySelector('.more');
  const views = root.querySelector('select');
  const state = { view: 0, sort: null, down: false, filters: new Map(), rows: PAGE };

  function element(name, text, className) {
    const e = document.createElement(name);
    if (text !== undefined) { e.textContent = text; }
    if (className) { e.className = className; }
    return e;
  }

  function number(value) {
    if (value === null || Number.isNaN(value)) { return '–'; }
    if (!Number.isFinite(value)) { return value > 0 ? '∞' : '−∞'; }
    const size = Math.abs(value);
    if (size >= 1e5 || (size > 0 && size < 1e-3)) { return value.toExponential(2); }
    if (Number.isInteger(value)) { return String(value); }
    return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4);
  }

  // JSON has no infinity: it stands there as a word.
  function parsed(value) {
    return value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value === null ? NaN : value;
  }

  // What can be looked at: one model by all measures, or, of several models, one measure of all.
  const choices = data.models.map((model, m) => ({ label: model + ': all measures', columns: byMeasure(m) }));
  if (data.models.length > 1) {
    data.measures.forEach((measure, k) => choices.push({ label: measure.key + ' of all models', columns: byModel(k) }));
  }

  function byMeasure(m) {
    return data.measures.map((measure, k) => column('m' + m + ' ' + measure.key, measure.key, measure.title,
      measure.higher, image => valueOf(image, m, k)));
  }

  function byModel(k) {
    const measure = data.measures[k];
    const columns = data.models.map((model, m) => column('k' + k + ' ' + m, model, measure.title, measure.higher,
      image => valueOf(image, m, k)));
    for (let m = 1; m < data.models.length; m++) {
      columns.push(column('d' + k + ' ' + m, data.models[m] + ' − ' + data.models[0],
        'difference of ' + measure.key + (measure.higher ? ', above 0' : ', below 0') + ' where ' + data.models[m]
        + ' is better', measure.higher, image => valueOf(image, m, k) - valueOf(image, 0, k)));
    }
    return columns;
  }

  function valueOf(image, m, k) {
    const values = image.values[m];
    return values ? parsed(values[k]) : NaN;
  }

  function column(id, label, title, higher, get) { return { id, label, title, higher, get, number: true }; }

  const fixed = [
    { id: 'index', label: '#', title: 'number in the data set', get: image => image.index, number: true },
    { id: 'name', label: 'image', title: 'file', get: image => image.name, number: false },
    { id: 'pixels', label: data.counted, title: data.counted + ' that count', get: image => image.pixels, number: true }];

  function columns() { return fixed.concat(choices[state.view].columns); }

  // '>0.1', '<= 3', '0.1..0.2', '=5', several with blanks between; null if it is none of these.
  function condition(text) {
    const tests = [];
    for (const word of text.replace(/([<>=])\s+/g, '$1').trim().split(/\s+/)) {
      const range = word.match(/^(.+)\.\.(.+)$/);
      const bound = word.match(/^(>=|<=|>|<|=)(.+)$/);
      if (range && isNumber(range[1]) && isNumber(range[2])) {
        tests.push(v => v >= Number(range[1]) && v <= Number(range[2]));
      } else if (bound && isNumber(bound[2])) {
        const limit = Number(bound[2]);
        tests.push({ '>': v => v > limit, '<': v => v < limit, '>=': v => v >= limit, '<=': v => v <= limit,
          '=': v => v === limit }[bound[1]]);
      } else {
        return null;
      }
    }
    return v => tests.every(test => test(v));
  }

  function isNumber(text) { return text.trim() !== '' && Number.isFinite(Number(text)); }

  function matches(image, shown) {
    return shown.every(c => {
      const text = (state.filters.get(c.id) || '').trim();
      if (text === '') { return true; }
      if (!c.number) { return c.get(image).toLowerCase().includes(text.toLowerCase()); }
      const test = condition(text);
      return test === null || test(c.get(image));
    });
  }

  function sorted(images, shown) {
    const by = shown.find(c => c.id === state.sort);
    if (!by) { return images; }
    const sign = state.down ? -1 : 1;
    return images.slice().sort((a, b) => {
      const x = by.get(a);
      const y = by.get(b);
      if (!by.number) { return sign * (x < y ? -1 : x > y ? 1 : 0); }
      if (Number.isNaN(x) || Number.isNaN(y)) { return Number.isNaN(x) - Number.isNaN(y); }   // none: last both ways
      return x === y ? a.index - b.index : x < y ? -sign : sign;
    });
  }

  // A first click on a measure brings the worst images up, a second one the best, a third the original order.
  function clicked(c) {
    const worstIsLargest = c.number && c.higher === false;
    if (state.sort !== c.id) {
      state.sort = c.id;
      state.down = worstIsLargest;
    } else if (state.down === worstIsLargest) {
      state.down = !state.down;
    } else {
      state.sort = null;
    }
    state.rows = PAGE;
    header();
    rows();
  }

  function header() {
    const titles = element('tr');
    for (const c of columns()) {
      const th = element('th', undefined, c.number ? 'n' : '');
      const mark = state.sort !== c.id ? '' : state.down ? ' ▼' : ' ▲';
      const button = element('button', c.label + mark);
      button.type = 'button';
      button.title = c.title + (c.higher === undefined ? '' : c.higher ? '; higher is better' : '; lower is better');
      button.addEventListener('click', () => {
        clicked(c);
        head.querySelectorAll('button')[columns().findIndex(x => x.id === c.id)].focus();
      });
      th.setAttribute('aria-sort', mark === '' ? 'none' : state.down ? 'descending' : 'ascending');
      th.append(button);
      titles.append(th);
    }
    const filters = element('tr', undefined, 'filters');
    for (const c of columns()) {
      const th = element('th');
      const input = element('input');
      input.type = 'text';
      input.spellcheck = false;
      input.value = state.filters.get(c.id) || '';
      input.placeholder = c.number ? '>0.1' : 'part of the name';
      input.title = c.number ? '>0.1, <0.5, 0.1..0.5, or several with blanks between' : 'part of the name';
      input.setAttribute('aria-label', 'filter by ' + c.label);
      input.addEventListener('input', () => {
        state.filters.set(c.id, input.value);
        input.classList.toggle('wrong', c.number && input.value.trim() !== '' && condition(input.value) === null);
        state.rows = PAGE;
        rows();
      });
      th.append(input);
      filters.append(th);
    }
    head.replaceChildren(titles, filters);
  }

  function rows() {
    const shown = columns();
    const images = sorted(data.images.filter(image => matches(image, shown)), shown);
    body.replaceChildren(...images.slice(0, state.rows).map(image => row(image, shown)));
    count.textContent = images.length + ' of ' + data.images.length + ' images';
    more.hidden = images.length <= state.rows;
    more.textContent = 'show ' + Math.min(PAGE, images.length - state.rows) + ' more';
    foot.replaceChildren(means(images, shown));
  }

  function row(image, shown) {
    const tr = element('tr');
    for (const c of shown) {
      const value = c.get(image);
      const td = element('td', c.number ? number(value) : undefined, c.number ? 'n' : 'name');
      if (!c.number) {
        const label = element(image.sample ? 'a' : 'span', value);
        if (image.sample) { label.href = '#' + image.sample; }
        td.append(label);
        if (image.skipped) { td.append(element('small', 'not measured: ' + image.skipped)); }
      }
      tr.append(td);
    }
    return tr;
  }

  function means(images, shown) {
    const tr = element('tr');
    for (const c of shown) {
      if (!c.number) {
        tr.append(element('td', 'mean of these', 'name'));
      } else if (c.id === 'index') {
        tr.append(element('td'));
      } else {
        const values = images.map(c.get).filter(v => !Number.isNaN(v));
        tr.append(element('td', number(values.length ? values.reduce((a, b) => a + b, 0) / values.length : NaN), 'n'));
      }
    }
    return tr;
  }

  choices.forEach((choice, i) => {
    const option = element('option', choice.label);
    option.value = String(i);
    views.append(option);
  });
  views.parentElement.hidden = choices.length < 2;
  views.addEventListener('change', () => {
    state.view = Number(views.value);
    if (!columns().some(c => c.id === state.sort)) { state.sort = null; }
    state.rows = PAGE;
    header();
    rows();
  });
  more.addEventListener('click', () => { state.rows += PAGE; rows(); });
  root.querySelector('.reset').addEventListener('click', () => {
    state.filters.clear();
    state.sort = null;
    state.rows = PAGE;
    header();
    rows();
  });
  header();
  rows();
  root.hidden = false;
}());

// Draws every figure.chart of the page from the JSON inside it, as SVG.
"use strict";
(() => {
  const WIDTH = 640, HEIGHT = 320;
  const MARGIN = { top: 12, right: 16, bottom: 44, left: 64 };
  const COLOURS = 7;

  const colour = (index) => `var(--c${index % COLOURS})`;

  function number(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size >= 1e5 || size < 1e-3 ? d3.format(".3~e")(value) : d3.format(",.4~r")(value);
  }

  // Powers of ten read better than 0.0001 or 10,000,000.
  function tick(value) {
    const size = Math.abs(value);
    return value !== 0 && (size >= 1e6 || size < 1e-3) ? d3.format("~e")(value) : d3.format("~r")(value);
  }

  function canvas(figure, height) {
    return d3.select(figure).append("svg")
      .attr("viewBox", `0 0 ${WIDTH} ${height}`)
      .attr("role", "img")
      .attr("aria-label", figure.querySelector("figcaption").textContent)
      .attr("font-family", "system-ui, sans-serif")
      .attr("font-size", 12)
      .style("color", "var(--ink)");
  }

  function usable(axis, value) {
    return value !== null && (!axis.logarithmic || value > 0);
  }

  function scale(axis, values, range) {
    let [low, high] = d3.extent(values);
    if (low === undefined) [low, high] = axis.logarithmic ? [1, 10] : [0, 1];
    if (low === high) {
      const room = axis.logarithmic ? 2 : Math.abs(low) * 0.1 || 1;
      [low, high] = axis.logarithmic ? [low / room, high * room] : [low - room, high + room];
    }
    const made = axis.logarithmic ? d3.scaleLog([low, high], range) : d3.scaleLinear([low, high], range);
    return axis.logarithmic ? made : made.nice();
  }

  function axes(svg, spec, x, y) {
    const ticks = (made, axis, count) => {
      const drawn = made.ticks(count);
      axis.logarithmic ? drawn.ticks(count, tick) : drawn.tickFormat(tick);
      return drawn;
    };
    const quiet = (group) => group.call((g) => g.select(".domain").attr("stroke", "var(--rule)"))
      .call((g) => g.selectAll("text").attr("fill", "var(--quiet)").attr("font-size", 12));
    svg.append("g").attr("transform", `translate(0,${HEIGHT - MARGIN.bottom})`)
      .call(ticks(d3.axisBottom(x), spec.x, 6)).call(quiet);
    svg.append("g").attr("transform", `translate(${MARGIN.left},0)`)
      .call(ticks(d3.axisLeft(y), spec.y, 6)).call(quiet)
      .call((g) => g.selectAll(".tick line").clone()
        .attr("x2", WIDTH - MARGIN.left - MARGIN.right).attr("stroke", "var(--rule)").attr("stroke-opacity", 0.6));
    svg.append("text").attr("x", (MARGIN.left + WIDTH - MARGIN.right) / 2).attr("y", HEIGHT - 6)
      .attr("text-anchor", "middle").attr("fill", "var(--quiet)").text(spec.x.label);
    svg.append("text").attr("transform", `translate(14,${(MARGIN.top + HEIGHT - MARGIN.bottom) / 2}) rotate(-90)`)
      .attr("text-anchor", "middle").attr("fill", "var(--quiet)").text(spec.y.label);
  }

  // Under the axes, as many entries on a line as fit; a saved picture keeps it.
  function legend(svg, series) {
    if (series.length < 2) return;
    const LINE = 18;
    let x = MARGIN.left, y = HEIGHT + LINE - 6;
    series.forEach((one, index) => {
      const width = 30 + 6.5 * one.name.length;
      if (x + width > WIDTH && x > MARGIN.left) {
        x = MARGIN.left;
        y += LINE;
      }
      const entry = svg.append("g").attr("class", "legend").attr("transform", `translate(${x},${y})`);
      entry.append("rect").attr("y", -9).attr("width", 10).attr("height", 10).attr("rx", 2).attr("fill", colour(index));
      entry.append("text").attr("x", 15).attr("fill", "var(--quiet)").text(one.name);
      x += width;
    });
    svg.attr("viewBox", `0 0 ${WIDTH} ${y + 8}`);
  }

  function plot(figure, spec) {
    const svg = canvas(figure, HEIGHT);
    const seen = spec.series.flatMap((one) => one.points)
      .filter((point) => usable(spec.x, point[0]) && usable(spec.y, point[1]));
    const x = scale(spec.x, seen.map((point) => point[0]), [MARGIN.left, WIDTH - MARGIN.right]);
    const y = scale(spec.y, seen.map((point) => point[1]), [HEIGHT - MARGIN.bottom, MARGIN.top]);
    axes(svg, spec, x, y);
    const line = d3.line()
      .defined((point) => usable(spec.x, point[0]) && usable(spec.y, point[1]))
      .x((point) => x(point[0])).y((point) => y(point[1]));
    spec.series.forEach((one, index) => {
      if (one.style === "POINTS") {
        svg.append("g").selectAll("circle").data(one.points.filter((point) => line.defined()(point))).join("circle")
          .attr("cx", (point) => x(point[0])).attr("cy", (point) => y(point[1])).attr("r", 4)
          .attr("fill", colour(index)).attr("fill-opacity", 0.75);
      } else {
        svg.append("path").attr("d", line(one.points)).attr("fill", "none")
          .attr("stroke", colour(index)).attr("stroke-width", 1.75).attr("stroke-linejoin", "round")
          .attr("stroke-dasharray", one.style === "BOUND" ? "6 4" : null);
      }
    });
    pointing(svg, spec, x, y);
    legend(svg, spec.series);
  }

  // Says the values of the point nearest to the pointer.
  function pointing(svg, spec, x, y) {
    const places = spec.series.flatMap((one, index) => one.points
      .filter((point) => usable(spec.x, point[0]) && usable(spec.y, point[1]))
      .map((point) => ({ at: [x(point[0]), y(point[1])], point, one, index })));
    if (places.length === 0) return;
    const near = d3.Delaunay.from(places, (place) => place.at[0], (place) => place.at[1]);
    const mark = svg.append("g").attr("class", "pointer").style("display", "none").attr("pointer-events", "none");
    mark.append("circle").attr("r", 4).attr("fill", "none").attr("stroke-width", 2);
    const words = mark.append("text").attr("y", -10).attr("fill", "var(--ink)")
      .attr("paint-order", "stroke").attr("stroke", "var(--ground)").attr("stroke-width", 4);
    svg.on("pointermove", (event) => {
      const place = places[near.find(...d3.pointer(event))];
      mark.style("display", null).attr("transform", `translate(${place.at})`);
      mark.select("circle").attr("stroke", colour(place.index));
      const [px, py, label] = place.point;
      words.attr("text-anchor", place.at[0] > WIDTH / 2 ? "end" : "start")
        .attr("y", place.at[1] < 40 ? 20 : -10)
        .text(`${label ?? place.one.name}: ${number(px)}, ${number(py)}`);
    }).on("pointerleave", () => mark.style("display", "none"));
  }

  function heat(figure, spec) {
    const cell = 22, left = Math.min(260, 12 + 7 * d3.max(spec.rows, (row) => row.length));
    const top = 8, bottom = 56;
    const height = top + cell * spec.rows.length + bottom;
    const svg = canvas(figure, height);
    const x = d3.scaleBand(spec.columns, [left, WIDTH - MARGIN.right]);
    const y = d3.scaleBand(spec.rows, [top, height - bottom]);
    const seen = spec.values.flat().filter((value) => value !== null && (!spec.logarithmic || value > 0));
    let [low, high] = d3.extent(seen);
    if (low === undefined) [low, high] = [1, 1];
    if (low === high) high = low * 1.01 || 1;
    const shade = spec.logarithmic
      ? d3.scaleSequentialLog([low, high], d3.interpolateViridis)
      : d3.scaleSequential([low, high], d3.interpolateViridis);
    let blank = 0;
    spec.rows.forEach((row, r) => {
      spec.columns.forEach((column, c) => {
        const value = spec.values[r][c];
        const coloured = value !== null && (!spec.logarithmic || value > 0);
        blank += coloured ? 0 : 1;
        const place = svg.append("rect").attr("x", x(column)).attr("y", y(row))
          .attr("width", x.bandwidth() + (coloured ? 0.3 : 0)).attr("height", y.bandwidth() - 1)
          .attr("fill", coloured ? shade(value) : "none");
        if (!coloured) place.attr("stroke", "var(--quiet)").attr("stroke-width", 0.5).attr("stroke-dasharray", "2 2");
        place.append("title").text(`${row}, ${number(column)}: ${value === null ? "no finite number" : number(value)}`);
      });
      svg.append("text").attr("x", left - 6).attr("y", y(row) + cell / 2 + 4).attr("text-anchor", "end")
        .attr("fill", "var(--quiet)").text(row);
    });
    const every = Math.ceil(spec.columns.length / 8);
    spec.columns.forEach((column, c) => {
      if (c % every === 0) {
        svg.append("text").attr("x", x(column) + x.bandwidth() / 2).attr("y", height - bottom + 16)
          .attr("text-anchor", "middle").attr("fill", "var(--quiet)").text(tick(column));
      }
    });
    const outlined = spec.logarithmic ? "outlined: 0, or not finite" : "outlined: not finite";
    svg.append("text").attr("x", left).attr("y", height - 8).attr("fill", "var(--quiet)")
      .text(spec.columnLabel + (spec.logarithmic ? "; log scale" : "") + (blank > 0 ? `; ${outlined}` : ""));
    key(svg, shade, low, high, height);
  }

  function key(svg, shade, low, high, height) {
    const steps = 40, width = 120, right = WIDTH - MARGIN.right - 60;
    const between = shade.interpolator();
    for (let step = 0; step < steps; step++) {
      svg.append("rect").attr("x", right - width + (step * width) / steps).attr("y", height - 18)
        .attr("width", width / steps + 0.5).attr("height", 10).attr("fill", between(step / (steps - 1)));
    }
    svg.append("text").attr("x", right - width - 6).attr("y", height - 9).attr("text-anchor", "end")
      .attr("fill", "var(--quiet)").text(number(low));
    svg.append("text").attr("x", right + 6).attr("y", height - 9).attr("fill", "var(--quiet)").text(number(high));
  }

  // A saved picture stands alone: the colours the page gives become those of this moment.
  function standalone(figure) {
    const style = getComputedStyle(document.documentElement);
    const svg = figure.querySelector("svg").cloneNode(true);
    svg.querySelectorAll(".pointer").forEach((mark) => mark.remove());
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    svg.setAttribute("width", WIDTH);
    svg.setAttribute("height", svg.viewBox.baseVal.height);
    svg.insertAdjacentHTML("afterbegin", `<rect width="100%" height="100%" fill="var(--ground)"/>`);
    return new XMLSerializer().serializeToString(svg)
      .replace(/var\((--[a-z0-9]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  }

  function download(figure, url, extension) {
    const link = document.createElement("a");
    link.href = url;
    link.download = figure.querySelector("figcaption").textContent.replace(/\W+/g, "-").toLowerCase() + extension;
    link.click();
  }

  function saveSvg(figure) {
    const url = URL.createObjectURL(new Blob([standalone(figure)], { type: "image/svg+xml" }));
    download(figure, url, ".svg");
    URL.revokeObjectURL(url);
  }

  function savePng(figure) {
    const picture = new Image();
    picture.onload = () => {
      const sheet = document.createElement("canvas");
      sheet.width = 2 * picture.width;
      sheet.height = 2 * picture.height;
      sheet.getContext("2d").drawImage(picture, 0, 0, sheet.width, sheet.height);
      download(figure, sheet.toDataURL("image/png"), ".png");
    };
    picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(standalone(figure));
  }

  document.querySelectorAll("figure.chart").forEach((figure) => {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    (spec.kind === "heat" ? heat : plot)(figure, spec);
    const save = d3.select(figure).append("div").attr("class", "save");
    save.append("button").attr("type", "button").text("SVG").on("click", () => saveSvg(figure));
    save.append("button").attr("type", "button").text("PNG").on("click", () => savePng(figure));
  });
})();

/**
 * Pages for people: one HTML file with its charts, tables and styles inside, which asks nothing of
 * any network. A {@link dev.lockstep.profile.page.Page} is a list of {@link
 * dev.lockstep.profile.page.Block}s; start there. Charts carry their numbers as JSON and are drawn
 * as SVG by {@code charts.js} (resources) with D3, so that they follow a light or dark screen,
 * print as lines, and can be saved.
 */
@NullMarked
package dev.lockstep.profile.page;

import org.jspecify.annotations.NullMarked;

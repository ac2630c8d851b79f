/**
 * The page of an evaluation: what was measured and how, how the images spread, what errors do with depth, pictures of
 * the best, the middle and the worst, and a table of all images that sorts and filters in the browser.
 */
package dev.fathom.tools.evaluate.page;

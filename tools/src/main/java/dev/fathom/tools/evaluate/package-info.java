/**
 * {@code fathom evaluate}: what is measured against what and by which protocol, one class of arguments a theme, and how the
 * result is shown and kept: a table and a page for people, JSON for programs, a CSV with a line an image.
 */
package dev.fathom.tools.evaluate;

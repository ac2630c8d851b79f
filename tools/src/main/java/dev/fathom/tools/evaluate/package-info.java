/** How an evaluation is shown and kept: a table for people, JSON for programs, a CSV with a line an image. */
package dev.fathom.tools.evaluate;

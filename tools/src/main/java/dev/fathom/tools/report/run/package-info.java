/**
 * The report of training runs: {@link dev.fathom.tools.report.run.RunHistory} reads a run's folder, however long the
 * run and however it ended; {@link dev.fathom.tools.report.run.RunReport} makes a page of one run,
 * {@link dev.fathom.tools.report.run.Comparison} of several beside each other.
 *
 * <p>A history holds what a page can show, not what the files hold: curves are thinned as they are read, of each
 * epoch's images only the extremes stay, and pictures are read when they are drawn.
 */
package dev.fathom.tools.report.run;

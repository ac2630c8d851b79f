/**
 * What a person looks at: depth panels, charts and one-page reports.
 *
 * <p>{@link dev.fathom.tools.report.DepthPanel} draws picture, true depth, prediction and error side by side;
 * {@link dev.fathom.tools.report.HtmlPage} puts panels, {@link dev.fathom.tools.report.LineChart charts} and
 * {@link dev.fathom.tools.report.MetricTable tables} on one page that needs neither network nor any other file.
 */
package dev.fathom.tools.report;

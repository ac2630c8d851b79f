package dev.fathom.tools.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Metrics of several candidates: one metric a row, one candidate a column, the best of each row marked.
 *
 * <pre>{@code
 * new MetricTable(List.of("model", "best constant", "untrained"))
 *     .row("abs_rel", "mean of |prediction - truth| / truth", false, 0.08, 0.31, 0.47)
 * }</pre>
 */
public final class MetricTable implements Piece {
    private record Row(String metric, String meaning, boolean higherIsBetter, double[] values, List<String> notes) {
    }

    private final List<String> candidates;
    private final List<Row> rows = new ArrayList<>();

    /** A table without rows, for these candidates. */
    public MetricTable(List<String> candidates) {
        this.candidates = List.copyOf(candidates);
    }

    /**
     * Adds a metric.
     *
     * @param metric         its name, exactly as in files and on the command line
     * @param meaning        a few words for those who do not know it
     * @param higherIsBetter which end is good
     * @param values         one for each candidate; NaN where there is none
     */
    public MetricTable row(String metric, String meaning, boolean higherIsBetter, double... values) {
        return row(metric, meaning, higherIsBetter, Collections.nCopies(values.length, ""), values);
    }

    /**
     * Adds a metric.
     *
     * @param notes a quieter line below each value, may be empty: its interval
     */
    public MetricTable row(String metric, String meaning, boolean higherIsBetter, List<String> notes, double... values) {
        if (values.length != candidates.size()) {
            throw new IllegalArgumentException("MetricTable: " + metric + " has " + values.length + " values for "
                + candidates.size() + " candidates.");
        }
        rows.add(new Row(metric, meaning, higherIsBetter, values.clone(), List.copyOf(notes)));
        return this;
    }

    @Override
    public void appendTo(StringBuilder html) {
        html.append("<div class=\"scroll\"><table><thead><tr><th>metric</th>");
        candidates.forEach(c -> html.append("<th class=\"n\">").append(Html.escape(c)).append("</th>"));
        html.append("</tr></thead><tbody>\n");
        for (Row row : rows) {
            html.append("<tr><th scope=\"row\"><span>").append(Html.escape(row.metric)).append("</span> <em title=\"")
                .append(row.higherIsBetter ? "higher is better\">↑" : "lower is better\">↓").append("</em><small>")
                .append(Html.escape(row.meaning)).append("</small></th>");
            double best = best(row);
            for (int i = 0; i < row.values.length; i++) {
                html.append(candidates.size() > 1 && row.values[i] == best ? "<td class=\"n best\">"
                    : "<td class=\"n\">").append(Html.number(row.values[i]));
                if (!row.notes.get(i).isEmpty()) {
                    html.append("<small>").append(Html.escape(row.notes.get(i))).append("</small>");
                }
                html.append("</td>");
            }
            html.append("</tr>\n");
        }
        html.append("</tbody></table></div>\n");
    }

    private static double best(Row row) {
        double best = Double.NaN;
        for (double value : row.values) {
            boolean better = row.higherIsBetter ? value > best : value < best;
            if (better || (Double.isNaN(best) && !Double.isNaN(value))) {
                best = value;
            }
        }
        return best;
    }
}

package dev.fathom.training.evaluation.ordinal;

import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.metrics.Measure;
import java.util.List;

/** The measure of a map of which only the order of points is known. */
public enum OrdinalMeasure implements Measure {
    /** DA-2K's. */
    ACCURACY;

    /**
     * Counts pairs in the right order: the nearer point has the larger disparity, or the smaller depth, strictly.
     *
     * @param prediction of any size; between its pixels, values are bilinear with aligned corners
     * @param width columns of the picture that the points are of
     * @param height its rows
     */
    public static int correct(Prediction prediction, List<OrdinalDataset.Pair> pairs, int width, int height) {
        int correct = 0;
        for (OrdinalDataset.Pair pair : pairs) {
            double near = at(prediction, pair.nearRow(), pair.nearColumn(), width, height);
            double far = at(prediction, pair.farRow(), pair.farColumn(), width, height);
            correct += (prediction.quantity().space() == Space.DISPARITY ? near > far : near < far) ? 1 : 0;
        }
        return correct;
    }

    private static double at(Prediction map, int row, int column, int width, int height) {
        double y = height == 1 ? 0 : (double) row * (map.height() - 1) / (height - 1);
        double x = width == 1 ? 0 : (double) column * (map.width() - 1) / (width - 1);
        int top = (int) y;
        int left = (int) x;
        double above = between(map, top, left, x - left);
        return y == top ? above : above + (y - top) * (between(map, top + 1, left, x - left) - above);
    }

    private static double between(Prediction map, int row, int left, double part) {
        double value = value(map, row, left);
        return part == 0 ? value : value + part * (value(map, row, left + 1) - value);
    }

    private static double value(Prediction map, int row, int column) {
        float value = map.values()[row * map.width() + column];
        return map.quantity().predicts(value) ? value : Double.NaN;
    }

    @Override
    public String key() {
        return "ordinal_accuracy";
    }

    @Override
    public boolean higherIsBetter() {
        return true;
    }

    @Override
    public String description() {
        return "share of pairs of points of which the nearer one is predicted nearer (DA-2K)";
    }

    @Override
    public String unit() {
        return "";
    }
}

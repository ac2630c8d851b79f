package dev.fathom.tools.evaluate.page;

import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.report.DepthCells;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.PictureStrip;
import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.PredictionPass;
import dev.fathom.training.evaluation.ordinal.OrdinalMeasure;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Space;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures with their pairs of points, and the predicted maps: where a model took the farther point for the nearer. */
public final class OrdinalPictures {
    private static final int SIDE = 320;
    private static final double QUALITY = 0.87;
    private static final Color NEAR = new Color(0x3DDC84);
    private static final Color FAR = new Color(0xFF8A3D);
    private static final Palette PALETTE = Palette.named("viridis");

    private OrdinalPictures() {
    }

    /**
     * Draws some pictures.
     *
     * @param indexes their numbers in the data set
     * @param sources whose maps are shown, too
     */
    public static List<Piece> draw(int[] indexes, List<? extends PredictionSource> sources, OrdinalDataset data,
            EvaluationOptions options) {
        List<Piece> strips = new ArrayList<>();
        FewSamples few = new FewSamples(data, indexes);
        new PredictionPass(options).run(few.sources(sources), few, frame -> { }, (next, predictions) -> {
            int index = indexes[next.index()];
            Picture picture = next.sample().picture();
            List<OrdinalDataset.Pair> pairs = data.pairs(index);
            PictureStrip strip = new PictureStrip(Path.of(next.sample().name()).getFileName().toString(), data.scene(index));
            strip.column("image", "", encoded(points(photo(picture), pairs, picture)), null, false);
            for (int s = 0; s < sources.size(); s++) {
                Prediction prediction = predictions.get(s);
                if (prediction.exists()) {
                    int right = OrdinalMeasure.correct(prediction, pairs, picture.width(), picture.height());
                    strip.column(sources.get(s).name(), right + " of " + pairs.size() + " right",
                            encoded(points(map(prediction, picture), pairs, picture)), null, false);
                } else {
                    strip.column(sources.get(s).name(), prediction.provenance(), null, null, false);
                }
            }
            strips.add(strip.bar("map", PALETTE, "near", "far"));
            return true;
        });
        return strips;
    }

    private static double shrink(Picture picture) {
        return Math.min(1, (double) SIDE / Math.max(picture.width(), picture.height()));
    }

    private static int pixels(int side, Picture picture) {
        return (int) Math.max(1, Math.round(side * shrink(picture)));
    }

    private static BufferedImage photo(Picture picture) {
        return DepthCells.photo(picture, pixels(picture.width(), picture), pixels(picture.height(), picture));
    }

    /** From the map's nearest value to its farthest, whichever way its numbers go. */
    private static BufferedImage map(Prediction prediction, Picture picture) {
        float[] values = prediction.values().clone();
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            if (Float.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        boolean disparity = prediction.quantity().space() == Space.DISPARITY;
        for (int i = 0; i < values.length; i++) {
            values[i] = disparity ? high - values[i] : values[i] - low;
        }
        return DepthCells.map(values, prediction.width(), prediction.height(), false, PALETTE, Math.max(high - low,
                Float.MIN_NORMAL), pixels(picture.width(), picture), pixels(picture.height(), picture));
    }

    private static BufferedImage points(BufferedImage image, List<OrdinalDataset.Pair> pairs, Picture picture) {
        BufferedImage marked = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = marked.createGraphics();
        g.drawImage(image, 0, 0, null);
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        double shrink = shrink(picture);
        for (OrdinalDataset.Pair pair : pairs) {
            int[] near = {at(pair.nearColumn(), shrink), at(pair.nearRow(), shrink)};
            int[] far = {at(pair.farColumn(), shrink), at(pair.farRow(), shrink)};
            g.setStroke(new BasicStroke(1));
            g.setColor(Color.WHITE);
            g.drawLine(near[0], near[1], far[0], far[1]);
            dot(g, near, NEAR);
            dot(g, far, FAR);
        }
        g.dispose();
        return marked;
    }

    private static int at(int pixel, double shrink) {
        return (int) ((pixel + 0.5) * shrink);
    }

    private static void dot(Graphics2D g, int[] at, Color colour) {
        g.setColor(Color.BLACK);
        g.fillOval(at[0] - 6, at[1] - 6, 12, 12);
        g.setColor(colour);
        g.fillOval(at[0] - 4, at[1] - 4, 8, 8);
    }

    private static EmbeddedImage encoded(BufferedImage image) {
        return EmbeddedImage.jpeg(image, QUALITY);
    }
}

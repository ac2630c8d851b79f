package dev.fathom.models.calibration;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import java.util.List;
import java.util.Locale;

/**
 * What turns a relative map into metres: the line, where it holds, and the model that it belongs to.
 *
 * @param line     1/z = a + b d
 * @param nearest  the largest d of the points behind the line, {@code farthest} the smallest: what lies outside was not
 *                 seen by the fit
 * @param model    the network, for people; {@code sha256} of its weights file, hexadecimal
 * @param inputSize the shorter side for the network, pixels: at another size the same network gives other numbers
 * @param points   how many points; {@code pictures} the pictures that they are in
 */
public record Calibration(InverseDepthLine line, double nearest, double farthest, String model, String sha256,
        int inputSize, int points, List<String> pictures) {

    /** The head of a map in metres without a value says so with this depth. */
    public static final float HOLE = 0;

    /**
     * A map in metres.
     *
     * @param map      metres, larger is farther, {@link #HOLE} where there is none. Its head is what its values are, metric
     *                 up to the largest depth of the calibration; the network's own was relative
     * @param nearer   pixels that lie nearer than any point behind the line, {@code farther} beyond all of them: holes
     * @param nowhere  pixels within reach whose 1/z is not positive: holes
     */
    public record Metres(DepthMap map, long nearer, long farther, long nowhere) {
        public long holes() {
            return nearer + farther + nowhere;
        }

        /** {@code 3.1 % holes (2.0 % nearer than the calibration's points, 1.1 % farther)}, or that there are none. */
        public String describe() {
            if (holes() == 0) {
                return "no holes";
            }
            double share = 100.0 / map.values().length;
            return String.format(Locale.ROOT, "%.1f %% holes (%.1f %% nearer than the calibration's points, %.1f %% farther%s)",
                    share * holes(), share * nearer, share * farther, nowhere == 0 ? "" : String.format(Locale.ROOT,
                    ", %.1f %% with 1/z <= 0", share * nowhere));
        }
    }

    public Calibration {
        pictures = List.copyOf(pictures);
        if (!(farthest < nearest) || !(line.b() > 0) || !(line.inverseDepth(farthest) > 0)) {
            throw new FathomException("A calibration needs a rising line with a depth over the whole range of its points,"
                    + " but has a = " + line.a() + ", b = " + line.b() + " for d from " + farthest + " to " + nearest
                    + "; the file is damaged, or was written by hand.");
        }
    }

    /** The least depth that the points cover, metres. */
    public double nearestMetres() {
        return line.depth(nearest);
    }

    /** The largest depth that the points cover, metres. */
    public double farthestMetres() {
        return line.depth(farthest);
    }

    /**
     * A relative map in metres, pixel by pixel.
     *
     * @param relative what the model gave
     * @param beyond how far outside the range of its points the line is used, as a share of that range's width; 0 not
     * at all
     * @throws FathomException if the map is in metres already
     */
    public Metres apply(DepthMap relative, double beyond) {
        if (!(relative.head() instanceof DepthHead.Relative)) {
            throw new FathomException("A calibration turns relative depth into metres, but this map is in metres"
                    + " already; leave --calibration out.");
        }
        double room = beyond * (nearest - farthest);
        double low = farthest - room;
        double high = nearest + room;
        float[] metres = new float[relative.values().length];
        long nearer = 0;
        long farther = 0;
        long nowhere = 0;
        float largest = (float) farthestMetres();
        for (int i = 0; i < metres.length; i++) {
            double d = relative.values()[i];
            if (d > high) {
                nearer++;
            } else if (!(d >= low)) {
                farther++;
            } else if (!(line.inverseDepth(d) > 0)) {
                nowhere++;
            } else {
                metres[i] = (float) line.depth(d);
                largest = Math.max(largest, metres[i]);
            }
        }
        return new Metres(new DepthMap(relative.width(), relative.height(), metres, new DepthHead.Metric(largest)),
                nearer, farther, nowhere);
    }

    /**
     * Refuses a model that the line was not fitted to.
     *
     * @param source the calibration's file, for the sentence
     */
    public void requireModel(String source, String otherSha256, int otherInputSize) {
        if (!sha256.equals(otherSha256)) {
            throw new FathomException(source + " was made with the weights " + sha256.substring(0, 12) + " (" + model
                    + "), not with these, " + otherSha256.substring(0, 12) + ", whose numbers have another scale; calibrate"
                    + " these (fathom calibrate), or add --force-calibration if only the file's dress differs.");
        }
        if (inputSize != otherInputSize) {
            throw new FathomException(source + " was made with --input-size " + inputSize + ", not " + otherInputSize
                    + ", at which the model gives other numbers; use that size, calibrate at this one (fathom calibrate),"
                    + " or add --force-calibration.");
        }
    }

    /** {@code 1/z = 0.0123 + 0.0456 d, from 6 points in 1 picture, 0.8 to 4.1 m}. */
    public String describe() {
        return String.format(Locale.ROOT, "1/z = %.5g + %.5g d, from %d points in %d picture%s, %.3g to %.3g m", line.a(),
                line.b(), points, pictures.size(), pictures.size() == 1 ? "" : "s", nearestMetres(), farthestMetres());
    }
}

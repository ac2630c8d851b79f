package dev.fathom.training.data.maps;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A portable float map: the words {@code Pf}, width, height and scale, divided by white space, one white space, then
 * float32 rows from bottom to top, little-endian where the scale is negative (Debevec, "PFM: Portable Float Map"). The
 * scale's size is no unit that tools agree on and is left alone.
 */
final class PfmMap {
    private static final int MOST_HEADER = 256;
    private static final Pattern HEADER = Pattern.compile("(P[fF])\\s+(\\d{1,9})\\s+(\\d{1,9})\\s+(\\S+)(\r\n|\\s)");

    private static final String EXPECTED = "it does not begin with Pf, width, height and a scale other than 0";

    private PfmMap() {
    }

    static RawMap read(Path file, byte[] bytes) {
        Matcher words = HEADER.matcher(new String(bytes, 0, Math.min(MOST_HEADER, bytes.length),
                StandardCharsets.ISO_8859_1));
        if (!words.lookingAt()) {
            throw MapFile.damaged(file, EXPECTED, null);
        }
        if (words.group(1).equals("PF")) {
            throw MapFile.layout(file, "three channels (PF)", "one (Pf)");
        }
        PlaneShape shape = PlaneShape.of(file, new long[] {Long.parseLong(words.group(3)),
            Long.parseLong(words.group(2))});
        double scale = scale(file, words.group(4));
        int at = words.end();
        if (bytes.length - at < 4L * shape.size()) {
            throw MapFile.damaged(file, "it ends after " + (bytes.length - at) + " bytes of numbers, of "
                    + 4L * shape.size(), null);
        }
        float[] values = new float[shape.size()];
        ByteBuffer in = ByteBuffer.wrap(bytes, at, bytes.length - at)
                .order(scale < 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        for (int y = shape.height() - 1; y >= 0; y--) {
            for (int x = 0; x < shape.width(); x++) {
                values[y * shape.width() + x] = in.getFloat();
            }
        }
        return new RawMap(shape.width(), shape.height(), values);
    }

    private static double scale(Path file, String word) {
        try {
            double scale = Double.parseDouble(word);
            if (scale < 0 || scale > 0) {
                return scale;
            }
        } catch (NumberFormatException e) {
            throw MapFile.damaged(file, EXPECTED, e);
        }
        throw MapFile.damaged(file, EXPECTED, null);
    }
}

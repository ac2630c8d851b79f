package dev.fathom.tools.predict;

import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.output.PngRows;
import java.util.Arrays;

/**
 * The coloured result, as the original programs make it: the map over its own range (or that of the clip that it
 * belongs to) in 8 bits, through a palette,
 * beside the photo with 50 white columns between, or alone. Made row by row while it is written: it never exists as a
 * whole.
 */
public final class DepthPicture implements PngRows {
    private static final int MARGIN = 50;

    private final DepthMap map;
    private final Picture photo;
    private final ByteMap.Range range;
    private final boolean holes;
    /** Red, green and blue of each level, 0 .. 255. */
    private final byte[] colours = new byte[3 * 256];

    /**
     * Over the map's own range.
     *
     * @param photo of the map's size; null for the depth alone
     * @param palette null for gray
     * @param holes whether values of 0 are holes: black, and not part of the range
     */
    DepthPicture(DepthMap map, Picture photo, Palette palette, boolean holes) {
        this(map, photo, palette, holes ? ByteMap.Range.ofPositive(map.values()) : ByteMap.Range.of(map.values()), holes);
    }

    /** Without holes over a given range; values outside get the colours of its ends. */
    public DepthPicture(DepthMap map, Picture photo, Palette palette, ByteMap.Range range) {
        this(map, photo, palette, range, false);
    }

    private DepthPicture(DepthMap map, Picture photo, Palette palette, ByteMap.Range range, boolean holes) {
        this.map = map;
        this.photo = photo;
        this.range = range;
        this.holes = holes;
        for (int level = 0; level < 256; level++) {
            int colour = palette == null ? level * 0x010101 : palette.colour(level);
            colours[3 * level] = (byte) (colour >> 16);
            colours[3 * level + 1] = (byte) (colour >> 8);
            colours[3 * level + 2] = (byte) colour;
        }
    }

    public int width() {
        return photo == null ? map.width() : photo.width() + MARGIN + map.width();
    }

    public int height() {
        return map.height();
    }

    @Override
    public void read(int y, byte[] row, int at) {
        int to = at;
        if (photo != null) {
            int stride = 3 * photo.width();
            System.arraycopy(photo.rgb(), y * stride, row, to, stride);
            Arrays.fill(row, to + stride, to + stride + 3 * MARGIN, (byte) 255);
            to += stride + 3 * MARGIN;
        }
        byte[] levels = new byte[map.width()];
        ByteMap.levels(map.values(), y * map.width(), range, levels);
        for (int x = 0; x < levels.length; x++, to += 3) {
            int colour = 3 * (levels[x] & 0xFF);
            if (holes && map.at(x, y) == 0) {
                Arrays.fill(row, to, to + 3, (byte) 0);
                continue;
            }
            row[to] = colours[colour];
            row[to + 1] = colours[colour + 1];
            row[to + 2] = colours[colour + 2];
        }
    }
}

package dev.fathom.tests.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The content of an EXIF segment (0xE1) with any numbers in it: big-endian TIFF, the main directory and EXIF's own. */
public final class ExifSegment {
    private static final int EXIF_IFD = 0x8769;
    private static final int ORIENTATION = 0x0112;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int RATIONAL = 5;
    private static final int START_OF_DIRECTORY = 8;

    private final TreeMap<Integer, double[]> entries = new TreeMap<>();
    private int orientation = 1;

    /** A number of EXIF's directory as 16 bits. */
    public ExifSegment number(int tag, int value) {
        entries.put(tag, new double[] {value});
        return this;
    }

    /** A fraction of EXIF's directory. */
    public ExifSegment fraction(int tag, int above, int below) {
        entries.put(tag, new double[] {above, below});
        return this;
    }

    /** How the camera was held, 1 .. 8. */
    public ExifSegment orientation(int value) {
        orientation = value;
        return this;
    }

    /** The segment. */
    public byte[] bytes() {
        int exif = START_OF_DIRECTORY + 2 + 2 * 12 + 4;
        int data = exif + 2 + 12 * entries.size() + 4;
        ByteBuffer tiff = ByteBuffer.allocate(data + 8 * entries.size());
        tiff.put("MM\0\52".getBytes(StandardCharsets.ISO_8859_1)).putInt(START_OF_DIRECTORY);
        tiff.putShort((short) 2);
        entry(tiff, ORIENTATION, SHORT, orientation << 16);
        entry(tiff, EXIF_IFD, LONG, exif);
        tiff.putInt(0);
        tiff.putShort((short) entries.size());
        int at = data;
        for (Map.Entry<Integer, double[]> e : entries.entrySet()) {
            double[] v = e.getValue();
            if (v.length == 1) {
                entry(tiff, e.getKey(), SHORT, (int) v[0] << 16);
            } else {
                entry(tiff, e.getKey(), RATIONAL, at);
                tiff.putInt(at, (int) v[0]).putInt(at + 4, (int) v[1]);
                at += 8;
            }
        }
        tiff.putInt(0);
        ByteArrayOutputStream segment = new ByteArrayOutputStream();
        segment.writeBytes("Exif\0\0".getBytes(StandardCharsets.ISO_8859_1));
        segment.writeBytes(tiff.array());
        return segment.toByteArray();
    }

    private static void entry(ByteBuffer tiff, int tag, int type, int value) {
        tiff.putShort((short) tag).putShort((short) type).putInt(1).putInt(value);
    }
}

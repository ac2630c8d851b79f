package dev.fathom.models.image;

/** A picture file format, told by the file's first bytes: names and extensions are often wrong. */
enum PictureFormat {
    JPEG("jpeg"), PNG("png"), TIFF("tiff"), WEBP("webp"), BMP("bmp"), GIF("gif"), UNKNOWN("");

    /** How many bytes {@link #of} looks at. */
    static final int MAGIC_BYTES = 12;

    private final String imageIoName;

    PictureFormat(String imageIoName) {
        this.imageIoName = imageIoName;
    }

    /** What ImageIO calls it. */
    String imageIoName() {
        return imageIoName;
    }

    /** The format of a file that starts with these bytes. */
    static PictureFormat of(byte[] head) {
        if (starts(head, 0, 0xFF, 0xD8, 0xFF)) {
            return JPEG;
        }
        if (starts(head, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
            return PNG;
        }
        // 42 is TIFF, 43 BigTIFF, in either byte order.
        if (starts(head, 0, 'I', 'I', 42, 0) || starts(head, 0, 'M', 'M', 0, 42)
                || starts(head, 0, 'I', 'I', 43, 0) || starts(head, 0, 'M', 'M', 0, 43)) {
            return TIFF;
        }
        if (starts(head, 0, 'R', 'I', 'F', 'F') && starts(head, 8, 'W', 'E', 'B', 'P')) {
            return WEBP;
        }
        if (starts(head, 0, 'G', 'I', 'F', '8')) {
            return GIF;
        }
        // "BM" alone starts many a text: the four reserved bytes at 6 are 0 in every bitmap in practice.
        if (starts(head, 0, 'B', 'M') && starts(head, 6, 0, 0, 0, 0)) {
            return BMP;
        }
        return UNKNOWN;
    }

    private static boolean starts(byte[] head, int at, int... expected) {
        if (head.length < at + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((head[at + i] & 0xFF) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}

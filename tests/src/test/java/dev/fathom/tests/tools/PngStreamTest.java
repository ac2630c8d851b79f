package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Our PNGs, read by others: zlib, which checks the sum of all bytes, and Java's PNG reader. */
class PngStreamTest {
    private static final Provenance FROM = new Provenance("m", "ab", "p", "a.jpg");

    /** What pictures are made of. */
    private enum Content {
        FLAT {
            @Override
            int at(Random random, int x, int y) {
                return 200;
            }
        },
        SLOPE {
            @Override
            int at(Random random, int x, int y) {
                return x + 3 * y;
            }
        },
        NOISE {
            @Override
            int at(Random random, int x, int y) {
                return random.nextInt();
            }
        },
        /** Runs of all lengths about the shortest and the longest that deflate knows, and of several of these. */
        RUNS {
            private int left;
            private int value;

            @Override
            int at(Random random, int x, int y) {
                if (left-- <= 0) {
                    left = random.nextInt(4) == 0 ? 80 + random.nextInt(200) : random.nextInt(6);
                    value = random.nextInt();
                }
                return value;
            }
        },
        /** Each value half as frequent as the next, nearly: words become as long as they can. */
        RARE {
            @Override
            int at(Random random, int x, int y) {
                return Math.min(24, Long.numberOfLeadingZeros(random.nextLong()));
            }
        };

        abstract int at(Random random, int x, int y);
    }

    private static Picture picture(int width, int height, Content content, long seed) {
        Picture picture = Picture.blank(width, height);
        Random random = new Random(seed);
        for (int i = 0; i < picture.rgb().length; i++) {
            picture.rgb()[i] = (byte) content.at(random, i % (3 * width), i / (3 * width));
        }
        return picture;
    }

    /** The file's bytes, written with so many threads. */
    private static byte[] png(Picture picture, int threads) {
        WorkPool pool = new WorkPool(threads);
        WorkPool former = WorkPool.replaceShared(pool);
        try {
            Path file = Files.createTempFile("fathom", ".png");
            try {
                PngFile.writeColour(file, picture, new DepthHead.Relative(), "none", FROM);
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            WorkPool.replaceShared(former);
            pool.close();
        }
    }

    private static void assertReadBack(Picture picture) {
        byte[] png = png(picture, 2);
        Picture read = PictureReader.decode(png, "written");
        assertEquals(picture.width(), read.width());
        assertArrayEquals(picture.rgb(), read.rgb());
        assertWellFormed(png, (3 * picture.width() + 1) * picture.height());
        assertArrayEquals(png(picture, 1), png, "the same bytes for any number of threads");
    }

    /** Chunk by chunk, with their check sums; then all of the data through zlib, which compares its own. */
    private static void assertWellFormed(byte[] png, int size) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DataInputStream in = new DataInputStream(new java.io.ByteArrayInputStream(png))) {
            assertEquals(0x89504E470D0A1A0AL, in.readLong());
            String type = "";
            while (!type.equals("IEND")) {
                int length = in.readInt();
                byte[] name = in.readNBytes(4);
                byte[] body = in.readNBytes(length);
                CRC32 crc = new CRC32();
                crc.update(name);
                crc.update(body);
                type = new String(name, StandardCharsets.US_ASCII);
                assertEquals((int) crc.getValue(), in.readInt(), type);
                if (type.equals("IDAT")) {
                    data.writeBytes(body);
                }
            }
            assertEquals(-1, in.read(), "nothing behind the end");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(data.toByteArray());
            assertEquals(size, inflater.inflate(new byte[size + 1]));
            assertTrue(inflater.finished() && inflater.getRemaining() == 0, "one stream, and its check sum");
        } catch (DataFormatException e) {
            throw new AssertionError(e);
        } finally {
            inflater.end();
        }
    }

    @Property(tries = 150)
    void whatIsWrittenIsReadBack(@ForAll @IntRange(min = 1, max = 400) int width,
            @ForAll @IntRange(min = 1, max = 60) int height, @ForAll Content content, @ForAll long seed) {
        assertReadBack(picture(width, height, content, seed));
    }

    /** Several bands, more than are compressed at a time, and rows longer than a piece of deflate. */
    @Test
    void largePicturesToo() {
        for (Content content : Content.values()) {
            assertReadBack(picture(700, 500, content, 1));
        }
        assertReadBack(picture(2000, 1600, Content.RUNS, 2));
        assertReadBack(picture(200_000, 2, Content.NOISE, 3));
        assertReadBack(picture(200_000, 2, Content.RUNS, 4));
    }

    /** Flat and smooth pictures are small: the filters and the runs are at work. */
    @Test
    void whatIsSmoothBecomesSmall() {
        assertTrue(png(picture(700, 500, Content.FLAT, 1), 1).length < 8_000);
        assertTrue(png(picture(700, 500, Content.SLOPE, 1), 1).length < 8_000);
        Picture diagonal = Picture.blank(400, 300);
        for (int i = 0; i < diagonal.rgb().length; i++) {
            int pixel = i / 3;
            diagonal.rgb()[i] = (byte) (40 * Math.sin(pixel % 400 * 0.05) + 40 * Math.cos(pixel / 400 * 0.07) + 100);
        }
        int size = png(diagonal, 1).length;
        assertTrue(size < diagonal.rgb().length / 5, size + " bytes");
    }
}

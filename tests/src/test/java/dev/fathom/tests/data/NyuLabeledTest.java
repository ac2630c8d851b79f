package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.Hdf5Image;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official .mat of NYU in small: axes in reverse, chunked and deflated, behind MATLAB's 512 bytes. */
class NyuLabeledTest {
    private static final int FRAMES = 4;
    private static final int W = 6;
    private static final int H = 5;

    @TempDir
    Path root;

    private static int colour(int frame, int x, int y, int channel) {
        return frame * 60 + channel * 50 + y * 8 + x & 0xFF;
    }

    /** Of depths; those measured are a metre more, but a hole at (0, 0). */
    private static float metres(int frame, int x, int y) {
        return 1 + frame + x / 8f + y / 64f;
    }

    private Path write(int width, int height) {
        ByteBuffer images = ByteBuffer.allocate(FRAMES * 3 * width * height);
        ByteBuffer filled = ByteBuffer.allocate(FRAMES * width * height * 4).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer raw = ByteBuffer.allocate(filled.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        for (int n = 0; n < FRAMES; n++) {
            for (int c = 0; c < 3; c++) {
                for (int x = 0; x < width; x++) {
                    for (int y = 0; y < height; y++) {
                        images.put((byte) colour(n, x, y, c));
                    }
                }
            }
            for (int x = 0; x < width; x++) {
                for (int y = 0; y < height; y++) {
                    filled.putFloat(metres(n, x, y));
                    raw.putFloat(x + y == 0 ? 0 : metres(n, x, y) + 1);
                }
            }
        }
        Hdf5Image hdf = new Hdf5Image();
        hdf.add("images", Hdf5Image.Element.UINT8, new int[] {FRAMES, 3, width, height}, images.array());
        hdf.add("depths", Hdf5Image.Element.FLOAT32, new int[] {FRAMES, width, height}, filled.array());
        hdf.add("rawDepths", Hdf5Image.Element.FLOAT32, new int[] {FRAMES, width, height}, raw.array());
        byte[] file = hdf.toBytes();
        byte[] whole = Arrays.copyOf("MATLAB 7.3 MAT-file, Platform: GLNXA64".getBytes(StandardCharsets.US_ASCII),
                512 + file.length);
        System.arraycopy(file, 0, whole, 512, file.length);
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(512 + 24, 512);       // the base of all addresses
        return Layouts.write(root.resolve("nyu_depth_v2_labeled.mat"), whole);
    }

    @Test
    void framesByTheirNumbersWithColumnsAndRowsTheRightWayRound() {
        DepthDataset data = Layouts.open("nyu-labeled:" + write(W, H));
        assertEquals(FRAMES, data.size());
        for (int n = 0; n < FRAMES; n++) {
            DepthSample sample = data.sample(n);
            assertTrue(sample.name().endsWith(".mat#" + (n + 1)), sample.name());
            assertEquals(W, sample.width());
            assertEquals(H, sample.height());
            assertEquals(Optional.empty(), sample.camera());
            for (int i = 0; i < W * H; i++) {
                assertEquals(metres(n, i % W, i / W), sample.depth()[i]);
                for (int c = 0; c < 3; c++) {
                    assertEquals(colour(n, i % W, i / W, c), sample.picture().at(i % W, i / W, c));
                }
            }
        }
        DepthDataset raw = Layouts.open("nyu-labeled:" + root + "/nyu_depth_v2_labeled.mat,depth=raw");
        assertEquals(0, raw.sample(2).depth()[0]);
        assertEquals(metres(2, 1, 0) + 1, raw.sample(2).depth()[1]);
        assertNotEquals(data.fingerprint(), raw.fingerprint());
    }

    @Test
    void theOfficialSizeHasTheToolboxCamera() {
        DepthSample sample = Layouts.open("nyu-labeled:" + write(640, 480)).sample(1);
        Intrinsics camera = sample.camera().orElseThrow();
        assertEquals(518.858, camera.fx(), 1e-3);
        assertEquals(519.470, camera.fy(), 1e-3);
        assertEquals(324.582, camera.cx(), 1e-3);       // 325.582 counted from 1
        assertEquals(252.736, camera.cy(), 1e-3);
        assertEquals(metres(1, 639, 479), sample.depth()[640 * 480 - 1]);
    }

    /** A matrix of level 5; deflated as MATLAB writes it since version 7, or plain. */
    private static byte[] matrix(String name, boolean deflate, int... numbers) throws IOException {
        int nameBytes = (name.length() + 7) / 8 * 8;
        int dataBytes = (2 * numbers.length + 7) / 8 * 8;
        ByteBuffer m = ByteBuffer.allocate(8 + 16 + 16 + 8 + nameBytes + 8 + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        m.putInt(14).putInt(m.capacity() - 8);
        m.putInt(6).putInt(8).putInt(6).putInt(0);                          // flags: class double
        m.putInt(5).putInt(8).putInt(numbers.length).putInt(1);             // a column
        m.putInt(1).putInt(name.length()).put(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), nameBytes));
        m.putInt(4).putInt(2 * numbers.length);                             // whole doubles are stored as uint16
        for (int number : numbers) {
            m.putShort((short) number);
        }
        if (!deflate) {
            return m.array();
        }
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
            out.write(m.array());
        }
        return ByteBuffer.allocate(8 + deflated.size()).order(ByteOrder.LITTLE_ENDIAN).putInt(15).putInt(deflated.size())
                .put(deflated.toByteArray()).array();
    }

    private Path splits(boolean deflate, int... test) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] header = Arrays.copyOf("MATLAB 5.0 MAT-file, Platform: GLNXA64".getBytes(StandardCharsets.US_ASCII), 128);
        header[125] = 1;
        header[126] = 'I';
        header[127] = 'M';
        out.write(header);
        out.write(matrix("trainNdxs", deflate, 3));
        out.write(matrix("testNdxs", deflate, test));
        return Layouts.write(root.resolve("splits.mat"), out.toByteArray());
    }

    @Test
    void theAuthorsSplitAndAListOfNumbers() throws IOException {
        String set = "nyu-labeled:" + write(W, H);
        for (boolean deflate : new boolean[] {true, false}) {
            splits(deflate, 1, 2, 4);
            DepthDataset test = Layouts.open(set + ",split=eigen-test");
            assertEquals(3, test.size());
            assertEquals(metres(3, 0, 0), test.sample(2).depth()[0]);
            DepthDataset train = Layouts.open(set + ",split=eigen-train,splits=splits.mat");
            assertEquals(1, train.size());
            assertEquals(metres(2, 0, 0), train.sample(0).depth()[0]);
        }
        Layouts.text(root.resolve("list.txt"), "4", "1");
        DepthDataset listed = Layouts.open(set + ",list=" + root.resolve("list.txt"));
        assertEquals(metres(3, 0, 0), listed.sample(0).depth()[0]);
        assertEquals(metres(0, 0, 0), listed.sample(1).depth()[0]);
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() throws IOException {
        String set = "nyu-labeled:" + write(W, H);
        assertTrue(Layouts.refusal(set + ",split=eigen-test").contains("download splits.mat"));
        Path splits = splits(true, 1, 5);
        assertTrue(Layouts.refusal(set + ",split=eigen-test").contains("names frame 5.0 in testNdxs"));
        Layouts.tear(splits);
        assertTrue(Layouts.refusal(set + ",split=eigen-test").contains("is no sound MATLAB file"));
        Layouts.text(root.resolve("list.txt"), "0");
        assertTrue(Layouts.refusal(set + ",list=" + root.resolve("list.txt")).contains("from 1 to 4"));
        assertTrue(Layouts.refusal(set + ",list=a,split=eigen-test").contains("list or split"));
        assertTrue(Layouts.refusal(set + ",splits=a").contains("with split=eigen-test"));
        Hdf5Image other = new Hdf5Image();
        other.add("images", Hdf5Image.Element.UINT8, new int[] {1, 3, 2, 2}, new byte[12]);
        other.add("depths", Hdf5Image.Element.FLOAT32, new int[] {1, 2, 3}, new byte[24]);
        Path wrong = Layouts.write(root.resolve("wrong.mat"), other.toBytes());
        assertTrue(Layouts.refusal("nyu-labeled:" + wrong).contains("as MATLAB writes them"));
        assertTrue(Layouts.refusal("nyu-labeled:" + wrong + ",depth=raw").contains("no rawDepths"));
    }

    /** Damage inside one frame's chunk is that frame's; a torn file is the whole set's. */
    @Test
    void damageIsOfOneFrameOrOfAll() throws IOException {
        Path file = write(W, H);
        byte[] bytes = Files.readAllBytes(file);
        // Chunks are zlib streams: 78 9C. depths come first (the names are sorted), a chunk a frame.
        int found = 0;
        for (int i = 512; found < 2; i++) {
            if (bytes[i] == 0x78 && bytes[i + 1] == (byte) 0x9C && ++found == 2) {
                Arrays.fill(bytes, i + 2, i + 12, (byte) 0xFF);
            }
        }
        Files.write(file, bytes);
        DepthDataset data = Layouts.open("nyu-labeled:" + file);
        assertEquals(FrameException.Fault.DAMAGED, assertThrows(FrameException.class, () -> data.sample(1)).fault());
        assertEquals(metres(2, 0, 0), data.sample(2).depth()[0]);
        Layouts.tear(file);
        assertTrue(assertThrows(FathomException.class, () -> Layouts.open("nyu-labeled:" + file)).getMessage()
                .contains(file.toString()));
    }
}

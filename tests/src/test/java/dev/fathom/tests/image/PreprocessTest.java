package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NearestResize;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.models.image.Preprocess;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The network's input against what the original transforms produced. */
class PreprocessTest {

    /** Images from the original loaders, by hash of the float32 bits: sizes 518 and 140, whole and cropped. */
    @Test
    void originalLoadersImagesBitForBit() {
        Golden golden = new Golden("e_pre/loaders");
        int checked = 0;
        for (JsonNode item : golden.json().get("items")) {
            Picture picture = PictureReader.read(golden.path(item.get("rgb").asText()));
            NetworkSize size = NetworkSize.of(picture.width(), picture.height(), item.get("size").asInt());
            JsonNode shape = item.get("image").get("shape");
            int height = shape.get(1).asInt();
            int width = shape.get(2).asInt();
            float[] image;
            if (item.get("mode").asText().equals("val")) {
                assertEquals(new NetworkSize(width, height), size);
                image = Preprocess.normalised(picture, size);
            } else {
                assertEquals(item.get("resized_hw").get(1).asInt(), size.width());
                image = new float[3 * width * height];
                Preprocess.window(picture, size, item.get("crop_start_hw").get(1).asInt(),
                        item.get("crop_start_hw").get(0).asInt(), width, height, image, 0);
            }
            assertEquals(item.get("image").get("sha256_float32").asText(), sha256(channelsFirst(image, width, height)),
                    item.get("name").asText());
            checked++;
        }
        assertEquals(5, checked);
    }

    /** The training transform: image within its tolerance (it is in fact equal to the bit), depth equal. */
    @Test
    void trainingTransform() {
        Golden golden = new Golden("e_pre/train_transform");
        for (JsonNode run : golden.json().get("runs")) {
            int height = run.get("rgb").get("shape").get(0).asInt();
            int width = run.get("rgb").get("shape").get(1).asInt();
            Picture picture = new Picture(width, height,
                    Formula.bytes(run.get("rgb").get("formula").asText(), 3 * width * height));
            float[] depth = Formula.floats(run.get("depth").get("formula").asText(), width * height,
                    run.get("depth").get("scale").asDouble(), run.get("depth").get("offset").asDouble());
            int side = run.get("size").asInt();
            int top = run.get("crop_start_hw").get(0).asInt();
            int left = run.get("crop_start_hw").get(1).asInt();
            NetworkSize size = NetworkSize.of(width, height, side);
            assertEquals(run.get("resized_hw").get(0).asInt(), size.height());
            assertEquals(run.get("resized_hw").get(1).asInt(), size.width());

            float[] image = new float[3 * side * side];
            Preprocess.window(picture, size, left, top, side, side, image, 0);
            assertArrayEquals(golden.npy(run.get("image").asText()).floats(), channelsFirst(image, side, side));
            float[] cut = new float[side * side];
            NearestResize.window(depth, width, height, size.width(), size.height(), left, top, side, side, cut, 0);
            assertArrayEquals(golden.npy(run.get("depth_file").asText()).floats(), cut);
        }
    }

    /** A window is what a crop of the whole would be, and the parallel split into bands leaves no seam. */
    @Test
    void aWindowIsACropOfTheWhole() {
        Picture picture = new Picture(81, 60, Formula.bytes("window", 3 * 81 * 60));
        NetworkSize size = NetworkSize.of(81, 60, 140);
        float[] whole = Preprocess.normalised(picture, size);
        float[] window = new float[3 * 50 * 77 + 4];
        Preprocess.window(picture, size, 20, 31, 50, 77, window, 4);
        for (int y = 0; y < 77; y++) {
            for (int i = 0; i < 150; i++) {
                assertEquals(whole[3 * ((31 + y) * size.width() + 20) + i], window[4 + 150 * y + i]);
            }
        }
    }

    @Test
    void aSizeBeyondAnArrayIsRefused() {
        FathomException large = assertThrows(FathomException.class,
                () -> Preprocess.normalised(Picture.blank(4000, 1), NetworkSize.of(4000, 1, 518)));
        assertTrue(large.getMessage().contains("2072000 x 518"), large.getMessage());
    }

    @Test
    void denormalisingGivesThePictureBack() {
        Picture picture = new Picture(28, 14, Formula.bytes("back", 3 * 28 * 14));
        float[] image = Preprocess.normalised(picture, new NetworkSize(28, 14));
        assertEquals(picture, Preprocess.denormalised(image, 0, 28, 14));
    }

    private static float[] channelsFirst(float[] image, int width, int height) {
        float[] out = new float[image.length];
        for (int i = 0; i < width * height; i++) {
            for (int c = 0; c < 3; c++) {
                out[c * width * height + i] = image[3 * i + c];
            }
        }
        return out;
    }

    private static String sha256(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.fathom.tests.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.Provenance;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The data set pairs: by lists and by patterns, in the layouts of DIODE and iBims-1, and damaged. */
class PairsTest {
    private static final Optional<Intrinsics> CAMERA = Optional.of(new Intrinsics(500, 501, 1, 0.5));

    @TempDir
    Path root;

    @BeforeEach
    void twoFrames() {
        for (int i = 0; i < 2; i++) {
            Layouts.picture(root.resolve("rgb/" + i + ".png"), 3, 2, i);
            Layouts.gray16(root.resolve("depth/" + i + ".png"), 3, 0, 1000, 65535, 256, 512, 2000 + i);
            Layouts.gray8(root.resolve("mask/" + i + ".png"), 3, 255, 255, 255, 255, 0, 1);
        }
    }

    private static Path npy(Path file, int width, float... values) throws IOException {
        Files.createDirectories(file.getParent());
        NpyFile.write(file, new DepthMap(width, values.length / width, values, new DepthHead.Metric(10)),
                new Provenance("tiny", "ab".repeat(32), "official", "a.jpg"));
        Files.delete(file.resolveSibling(file.getFileName().toString().replace(".npy", ".json")));
        return file;
    }

    private Path list(String... lines) {
        return Layouts.text(root.resolve("list.csv"), lines);
    }

    private static float[] depth(DepthDataset data, int index) {
        return data.sample(index).depth();
    }

    @Test
    void aListThatSaysEverything() {
        list("# my own frames", "# unit=mm, invalid=65535", "image,depth,mask,fx,fy,cx,cy",
                "rgb/0.png,depth/0.png,mask/0.png,500,501,1,0.5", "rgb/1.png,depth/1.png,,,,,");
        DepthDataset data = Layouts.open("pairs:" + root.resolve("list.csv"));
        assertEquals(2, data.size());
        assertArrayEquals(new float[] {0, 1, 0, 0.256f, 0, 2}, depth(data, 0));
        assertArrayEquals(new float[] {0, 1, 0, 0.256f, 0.512f, 2.001f}, depth(data, 1));
        assertEquals(CAMERA, data.sample(0).camera());
        assertEquals(Optional.empty(), data.sample(1).camera());
        assertEquals(data.fingerprint(), Layouts.open("pairs:" + root + ",list=list.csv").fingerprint());
        assertEquals(Optional.of("quantity=depth,unit=mm,invalid=65535"), data.declared());
    }

    /** What is typed wins, whichever of unit and scale it is. */
    @Test
    void whatIsTypedWins() {
        list("# unit=mm, invalid=65535", "rgb/0.png,depth/0.png");
        DepthDataset millimetres = Layouts.open("pairs:" + root.resolve("list.csv"));
        DepthDataset data = Layouts.open("pairs:" + root.resolve("list.csv") + ",scale=1/256");
        assertArrayEquals(new float[] {0, 3.90625f, 0, 1, 2, 7.8125f}, depth(data, 0));
        assertNotEquals(millimetres.fingerprint(), data.fingerprint());
        assertArrayEquals(new float[] {0, 0, 65.535f, 0.256f, 0.512f, 2}, depth(Layouts.open("pairs:"
                + root.resolve("list.csv") + ",invalid=1000"), 0));
        assertArrayEquals(new float[] {0, 0.256f, 0, 1, 0.5f, 0.128f}, depth(Layouts.open("pairs:"
                + root.resolve("list.csv") + ",quantity=disparity,scale=256"), 0));
    }

    /** Tabs, semicolons, blanks; quoted names; columns named by the caller; paths of another machine. */
    @ParameterizedTest
    @ValueSource(strings = {"rgb/0.png\tdepth/0.png", "rgb/0.png depth/0.png", "rgb/0.png;depth/0.png",
        "\"rgb/0.png\",\"depth/0.png\"", "/home/me/my set/rgb/0.png,D:\\data\\depth\\0.png", "\uFEFFrgb/0.png, depth/0.png"})
    void listsOfAllKinds(String line) {
        list(line, line.replace("0.png", "1.png").replace("\uFEFF", ""), line.replaceFirst("depth.0.png|D:.*", "None"));
        DepthDataset data = Layouts.open("pairs:" + root.resolve("list.csv") + ",unit=mm");
        assertEquals(2, data.size());
        assertEquals(2.001f, depth(data, 1)[5]);
    }

    @Test
    void columnsByOption() {
        list("name,picture,truth,focal", "a,rgb/0.png,depth/0.png,518", "b,rgb/1.png,depth/1.png,518");
        String spec = "pairs:" + root + ",list=list.csv,columns=-,image,depth,-,unit=mm";
        assertEquals(2, Layouts.open(spec).size());
        list("a,rgb/0.png,depth/0.png,518", "b,rgb/1.png,depth/1.png,518");
        assertEquals(2, Layouts.open(spec).size());
    }

    @Test
    void filesElsewhereByTheirWholePaths() {
        list(root.toAbsolutePath() + "/rgb/0.png," + root.toAbsolutePath() + "/depth/0.png");
        Path elsewhere = root.resolve("rgb");
        assertEquals(1, Layouts.open("pairs:" + elsewhere + ",list=" + root.resolve("list.csv") + ",unit=mm").size());
    }

    /** As distributed: [H,W,1] float32 metres beside the picture, and a mask of 0 and 1. */
    @Test
    void diode() throws IOException {
        Path scan = root.resolve("val/indoors/scene_00019/scan_00183");
        String stem = "00019_00183_indoors_000_010";
        Layouts.picture(scan.resolve(stem + ".png"), 3, 2, 9);
        String flat = Files.readString(npy(root.resolve("flat/a.npy"), 3, 1.5f, 2, 300, 1, 1, 0), ISO_8859_1);
        Layouts.write(scan.resolve(stem + "_depth.npy"), flat.replace("(2, 3), }   ", "(2, 3, 1), }").getBytes(ISO_8859_1));
        npy(scan.resolve(stem + "_depth_mask.npy"), 3, 1, 0, 1, 1, 1, 0);
        String spec = "pairs:" + root.resolve("val") + ",image=*.png,depth=*_depth.npy,mask=*_depth_mask.npy,unit=m";
        DepthDataset data = Layouts.open(spec);
        assertEquals(1, data.size());
        assertArrayEquals(new float[] {1.5f, 0, 300, 1, 1, 0}, depth(data, 0));

        Layouts.tear(scan.resolve(stem + "_depth_mask.npy"));
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains("_depth_mask.npy"));
        Files.delete(scan.resolve(stem + "_depth_mask.npy"));
        assertTrue(Layouts.refusal(spec).contains("has no file that fits indoors/scene_00019/scan_00183/" + stem
                + "_depth_mask.npy"));
    }

    /** As distributed: 16 bits for 50 m, two masks of which either hides a pixel. */
    @Test
    void ibims() {
        Layouts.gray8(root.resolve("mask_transp/0.png"), 3, 1, 0, 1, 1, 1, 1);
        Layouts.gray8(root.resolve("mask_transp/1.png"), 3, 1, 1, 1, 1, 1, 1);
        Layouts.text(root.resolve("calib/0.txt"), "500.0 0.0 1.0", "0.0 501.0 0.5", "0.0 0.0 1.0");
        Layouts.text(root.resolve("calib/1.txt"), "500,501,1,0.5");
        String spec = "pairs:" + root + ",image=rgb,depth=depth,mask=mask+mask_transp/*.png,camera=calib,scale=50/65535";
        DepthDataset data = Layouts.open(spec);
        assertEquals(2, data.size());
        assertArrayEquals(new float[] {0, 0, 50, (float) (256 * 50.0 / 65535), 0, (float) (2000 * 50.0 / 65535)},
                depth(data, 0));
        assertEquals(CAMERA, data.sample(0).camera());
        assertEquals(CAMERA, data.sample(1).camera());
        assertArrayEquals(new float[] {0, 0, 0, 0, (float) (512 * 50.0 / 65535), 0}, depth(Layouts.open("pairs:" + root
                + ",image=rgb,depth=depth,mask=mask,masked=invalid,scale=50/65535"), 0));

        Layouts.text(root.resolve("calib/0.txt"), "500 2 1 0 501 0.5 0 0 1");
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains("expected fx fy cx cy, or a camera matrix"));
        Layouts.text(root.resolve("calib/0.txt"), "0 501 1 0.5");
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains("focal lengths are above 0"));
        Layouts.gray8(root.resolve("mask_transp/0.png"), 2, 1, 1);
        Layouts.text(root.resolve("calib/0.txt"), "500 501 1 0.5");
        assertTrue(Layouts.fault(Fault.LAYOUT, spec).contains("its mask " + root.resolve("mask_transp/0.png") + " 2 x 1"));
        Layouts.tear(root.resolve("depth/0.png"));
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains(root.resolve("depth/0.png").toString()));
    }

    @Test
    void undeclaredNumbersAreCounted() throws IOException {
        npy(root.resolve("npy/0.npy"), 3, 1, Float.NaN, -1, 0, Float.POSITIVE_INFINITY, 2);
        list("rgb/0.png,npy/0.npy");
        DepthSample sample = Layouts.open("pairs:" + root + ",list=list.csv,unit=m").sample(0);
        assertArrayEquals(new float[] {1, 0, 0, 0, 0, 2}, sample.depth());
        assertEquals(3, sample.repaired());
        assertEquals(0, Layouts.open("pairs:" + root + ",list=list.csv,unit=m,invalid=nan+inf+-1").sample(0).repaired());
    }

    @Test
    void damagedFrames() throws IOException {
        list("rgb/0.png,depth/0.png", "rgb/1.png,depth/1.png");
        String spec = "pairs:" + root + ",list=list.csv,unit=mm";
        Layouts.gray16(root.resolve("depth/0.png"), 2, 1, 2);
        assertTrue(Layouts.fault(Fault.LAYOUT, spec).contains("both must have the same size"));
        Layouts.picture(root.resolve("depth/0.png"), 3, 2, 1);
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains("has 3 channels"));
        Files.delete(root.resolve("depth/0.png"));
        assertTrue(Layouts.fault(Fault.MISSING, spec).contains("There is no map " + root.resolve("depth/0.png")));
        Layouts.gray16(root.resolve("depth/0.png"), 3, new int[6]);
        Layouts.tear(root.resolve("rgb/0.png"));
        assertTrue(Layouts.fault(Fault.DAMAGED, spec).contains(root.resolve("rgb/0.png").toString()));
        Files.delete(root.resolve("rgb/1.png"));
        assertTrue(Layouts.refusal("pairs:" + root + ",image=rgb,depth=depth,unit=mm")
                .contains("The depth " + root.resolve("depth/1.png") + " has no picture that fits rgb/1.*"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "|does not say where its frames are: expected list=FILE, or image=PATTERN",
        ",image=rgb,unit=mm|does not say where its frames are",
        ",image=rgb,depth=depth|does not say how long a unit of its numbers is",
        ",image=rgb,depth=depth,unit=none|has unit=none, but a data set is in metres",
        ",image=rgb,depth=depth,unit=mm,masked=holes|has masked=holes: expected valid or invalid",
        ",image=r*/*.png,depth=depth,unit=mm|has image=r*/*.png: expected a folder, or a pattern with one *",
        ",image=rgb,depth=dept,unit=mm|rgb/0.png has no file that fits dept/0.*",
        ",image=photos,depth=maps,unit=mm|There is no frame in pairs:",
        ",image=rgb,depth=depth,list=list.csv,unit=mm|takes a list or image=PATTERN, not both",
        ",list=none.csv,unit=mm|The list of frames none.csv cannot be read",
        "/nowhere,image=rgb,depth=depth,unit=mm|expected the folder that the data set lies in, or a list"})
    void refusedSettings(String settings, String sentence) {
        String refusal = Layouts.refusal("pairs:" + root + (settings == null ? "" : settings));
        assertTrue(refusal.contains(sentence), refusal);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "rgb/0.png,depth/0.png,518|has the line 'rgb/0.png depth/0.png 518': expected 2 fields (image, depth)",
        "image,depth,maks~rgb/0.png,depth/0.png,mask/0.png|has a column 'maks' (its first line): expected image, depth, mask",
        "image,depth,fx~rgb/0.png,depth/0.png,5|expected image and depth once each, perhaps masks, and camera",
        "image,depth,fx,fy,cx,cy~rgb/0.png,depth/0.png,5,5,,1|The camera in the list",
        "filename,truth~rgb/0.png,depth/0.png|'filename truth': expected a picture (.png .jpg .jpeg .tif .tiff .webp .bmp",
        "image,depth~rgb/0.png,|expected the paths of a picture and of its depth",
        "# unti=mm~rgb/0.png,depth/0.png|sets 'unti': expected array, masked, quantity, unit, scale, invalid",
        "# unit=mm unit=m~rgb/0.png,depth/0.png|sets unit twice",
        "# a comment|is empty: expected a line for each frame", "\"rgb/0.png,depth/0.png|a second quotation mark",
        "photos/0.png,depth/0.png|No file that the list"})
    void refusedLists(String lines, String sentence) {
        list(lines.split("~"));
        String refusal = Layouts.refusal("pairs:" + root + ",list=list.csv,unit=mm");
        assertTrue(refusal.contains(sentence), refusal);
    }

    @Test
    void twoFilesOfOneName() {
        Layouts.picture(root.resolve("rgb/0.jpg"), 3, 2, 1);
        assertTrue(Layouts.refusal("pairs:" + root + ",image=rgb,depth=depth,unit=mm").contains("say its ending"));
        assertEquals(2, Layouts.open("pairs:" + root + ",image=rgb/*.png,depth=depth,unit=mm").size());
    }
}

package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.natives.KernelResources;
import dev.fathom.engine.cuda.natives.PtxAssembler;
import dev.fathom.engine.cuda.natives.PtxLines;
import dev.fathom.engine.cuda.natives.ResourceTable;
import dev.fathom.engine.errors.FathomException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every kernel that ships assembles for every architecture, needs what the committed table says, spills nothing that is
 * not on the list, and comes from the sources beside it.
 */
class AssemblyTest {
    private static final Path CUDA = Path.of(System.getProperty("fathom.root"), "engine/src/main/resources/cuda");
    private static final Path SPILLS = CUDA.resolve("resources/ALLOWED_SPILLS.txt");
    private static final Pattern FIRST_LINE = Pattern.compile("// sources sha256 ([0-9a-f]{64}) \\(([^)]+)\\); .*");

    private static List<String> names(String folder, String ending) throws IOException {
        Path path = CUDA.resolve(folder);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(ending))
                .map(f -> f.substring(0, f.length() - ending.length())).sorted().toList();
        }
    }

    @Test
    void everySourceHasItsPtxAndItsTable() throws IOException {
        assertEquals(names("", ".cu"), names("ptx", ".ptx"), "run engine/make-ptx NAME");
        assertEquals(names("", ".cu"), names("resources", ".md"), "run engine/make-resources NAME");
    }

    @TestFactory
    Stream<DynamicTest> ptxComesFromItsSources() throws IOException {
        return names("ptx", ".ptx").stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            Matcher first = FIRST_LINE.matcher(Files.readString(CUDA.resolve("ptx/" + name + ".ptx")).lines()
                .findFirst()
                .orElse(""));
            assertTrue(first.matches(), "the first line of " + name + ".ptx does not hold the hash of its sources");
            List<String> sources = List.of(first.group(2).split(", "));
            assertTrue(sources.contains(name + ".cu"), () -> name + ".ptx is not made from " + name + ".cu");
            assertEquals(hash(sources), first.group(1), () -> "the sources of " + name
                + ".ptx have changed since it was made; run engine/make-ptx " + name);
            assertEquals(List.of(), included(sources).stream().filter(f -> !sources.contains(f)).toList(),
                "included, but not part of the hash in the first line");
        }));
    }

    private static String hash(List<String> sources) throws IOException, NoSuchAlgorithmException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String source : sources) {
            all.write(Files.readAllBytes(CUDA.resolve(source)));
        }
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.toByteArray()));
    }

    private static List<String> included(List<String> sources) throws IOException {
        List<String> found = new ArrayList<>();
        for (String source : sources) {
            Pattern.compile("(?m)^\\s*#include \"([^\"]+)\"").matcher(Files.readString(CUDA.resolve(source))).results()
                .forEach(m -> found.add(m.group(1)));
        }
        return found;
    }

    @TestFactory
    Stream<DynamicTest> kernelsNeedWhatTheTableSays() throws IOException {
        return names("ptx", ".ptx").stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            List<KernelResources> now = ResourceTable.assemble(name, Files.readString(CUDA.resolve("ptx/" + name
                + ".ptx")));
            assertTrue(!now.isEmpty(), () -> name + ".ptx holds no kernel");
            List<KernelResources> table = ResourceTable.parse(Files.readString(CUDA.resolve("resources/" + name
                + ".md")));
            assertEquals(List.of(), ResourceTable.differences(table, now), () -> "run engine/make-resources " + name
                + ", and look at the changes before committing them");
        }));
    }

    /** From the tables, which {@link #kernelsNeedWhatTheTableSays} holds to the truth. */
    @Test
    void nothingSpillsThatIsNotOnTheList() throws IOException {
        TreeSet<String> spilling = new TreeSet<>();
        for (String name : names("resources", ".md")) {
            for (KernelResources r : ResourceTable.parse(Files.readString(CUDA.resolve("resources/" + name + ".md")))) {
                if (r.spills() || r.stackBytes() > 0) {
                    spilling.add(r.kernel() + " sm_" + r.architecture());
                }
            }
        }
        TreeSet<String> allowed = Files.readAllLines(SPILLS).stream().filter(l -> !l.startsWith("#") && !l.isBlank())
            .map(l -> {
                String[] words = l.split(" ", 3);
                assertEquals(3, words.length, () -> "a line of " + SPILLS.getFileName() + " without a reason: " + l);
                return words[0] + " " + words[1];
            }).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(allowed, spilling, "kernels that keep registers or arrays in local memory");
    }

    /** 48 values alive at once and room for 24: the assembler's report shows the spills, on every architecture. */
    @Test
    void aSpillIsSeen() {
        for (int architecture : ResourceTable.ARCHITECTURES) {
            List<KernelResources> found = PtxAssembler.get().assemble("crowded", crowded(24), architecture);
            assertEquals(List.of("crowded"), found.stream().map(KernelResources::kernel).toList());
            assertTrue(found.getFirst().spills(), found::toString);
            KernelResources roomy = PtxAssembler.get().assemble("roomy", crowded(128), architecture).getFirst();
            assertTrue(!roomy.spills() && roomy.registers() >= 48 && roomy.sharedBytes() == 128, roomy::toString);
        }
    }

    private static String crowded(int registers) {
        StringBuilder ptx = new StringBuilder(".version 7.2\n.target sm_75\n.address_size 64\n"
            + ".visible .entry crowded(.param .u64 p)\n.maxntid 64, 1, 1\n.maxnreg " + registers
            + "\n{\n.reg .f32 %f<50>;\n.reg .u64 %a<3>;\n"
            + ".shared .align 4 .b8 room[128];\nld.param.u64 %a0, [p];\ncvta.to.global.u64 %a1, %a0;\n");
        for (int i = 0; i < 48; i++) {
            ptx.append("ld.global.f32 %f").append(i).append(", [%a1+").append(4 * i).append("];\n");
        }
        ptx.append("mov.u64 %a2, room;\nst.shared.f32 [%a2], %f3;\nbar.sync 0;\n");
        for (int i = 0; i < 48; i++) {
            ptx.append("st.global.f32 [%a1+").append(4 * (47 - i)).append("], %f").append(i).append(";\n");
        }
        return ptx.append("ret;\n}\n").toString();
    }

    @Test
    void whatIsWrongIsSaidInTheAssemblersWords() {
        String wrong = crowded(128).replaceFirst("bar\\.sync 0", "bar.sink 0");
        String said = assertThrows(FathomException.class, () -> PtxAssembler.get().assemble("wrong.ptx", wrong, 80))
            .getMessage();
        assertTrue(said.startsWith("wrong.ptx does not assemble for sm_80") && said.contains("line 63"), said);
    }

    /** On such lines the assembler 12.0 dies for sm_90; this kernel, with them, is assembled by the tests above. */
    @Test
    void linesKeepTheirNumbersButNotWhatWasInlined() {
        assertEquals("\t.loc\t2 50 71\n\tadd.f32 %f1, %f2, %f3;\n.loc 1 2 3\n", PtxLines.withoutInlining(
            "\t.loc\t2 50 71, function_name $L__info_string0, inlined_at 1 3 77\n\tadd.f32 %f1, %f2, %f3;\n.loc 1 2"
            + " 3\n"));
    }

    @Test
    void tablesAreReadAsTheyWereWritten() {
        List<KernelResources> rows = Arrays.asList(new KernelResources("b", 80, 32, 0, 0, 0, 0),
            new KernelResources("b", 86, 33, 128, 64, 16, 24), new KernelResources("b", 89, 33, 128, 64, 0, 0),
            new KernelResources("b", 90, 255, 4, 0, 8, 8));
        assertEquals(rows, ResourceTable.parse(ResourceTable.markdown("x_sm80", rows)));
        List<KernelResources> now = new ArrayList<>(rows);
        now.set(0, new KernelResources("b", 80, 33, 0, 0, 0, 0));
        now.set(1, new KernelResources("b", 86, 32, 128, 64, 16, 24));
        now.remove(3);
        now.add(new KernelResources("c", 90, 1, 0, 0, 0, 0));
        assertEquals(List.of("b on sm_80: 32 / 0 became 33 / 0, a regression",
            "b on sm_86: 33 / 128, stack 64, spills 16 + 24 became 32 / 128, stack 64, spills 16 + 24",
            "c on sm_90 is not in the table", "b on sm_90 is in the table and no longer a kernel"),
            ResourceTable.differences(rows, now));
    }
}

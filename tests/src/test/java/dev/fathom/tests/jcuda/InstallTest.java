package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.gpu.CudaInstall;
import dev.fathom.tools.gpu.CudaInstall.Item;
import dev.fathom.tools.gpu.InstallSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gpu install} against a server of this test, which breaks connections, ignores ranges and damages bytes. */
class InstallTest {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    @TempDir
    Path folder;

    private final byte[][] contents = {random(300_000, 1), random(70_000, 2), new byte[0]};
    private final String[] names = {"libbig.so.12", "libsmall.so.9", "libempty.so"};
    private byte[] jar;
    private HttpServer server;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicInteger requests = new AtomicInteger();
    /** Breaks each answer after so many bytes; 0 never. */
    private volatile int breakAfter;
    /** Breaks only so many answers. */
    private volatile int breaks = Integer.MAX_VALUE;
    private volatile int status;

    private static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        // Half of it can be compressed.
        Arrays.fill(bytes, size / 2, size, (byte) 7);
        return bytes;
    }

    @BeforeEach
    void serve() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("META-INF/unwanted"));
            zip.write(random(500_000, 3));
            for (int i = 0; i < names.length; i++) {
                ZipEntry entry = new ZipEntry("org/bytedeco/" + names[i]);
                entry.setExtra(new byte[] {1, 2, 2, 0, 9, 9});
                entry.setComment("a comment");
                zip.putNextEntry(entry);
                zip.write(contents[i]);
            }
        }
        jar = out.toByteArray();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/repo/it.jar", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.incrementAndGet();
            if (status != 0) {
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            Matcher range = RANGE.matcher(exchange.getRequestHeaders().getFirst("Range"));
            assertTrue(range.matches());
            int from = Integer.parseInt(range.group(1));
            int count = Math.min(jar.length, Integer.parseInt(range.group(2)) + 1) - from;
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (from + count - 1) + "/"
                + jar.length);
            exchange.sendResponseHeaders(206, count);
            int now = breakAfter > 0 && count > breakAfter && breaks-- > 0 ? breakAfter : count;
            exchange.getResponseBody().write(jar, from, now);
            sent.addAndGet(now);
            if (now == count) {
                exchange.getResponseBody().close();
            }
        }
    }

    private String address() {
        return "http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort() + "/repo/it.jar";
    }

    private List<Item> items() throws Exception {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            items.add(new Item(names[i], contents[i].length,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(contents[i]))));
        }
        return items;
    }

    private CudaInstall install(String from, List<Item> items) {
        return InstallSource.of(from, folder.resolve("into")).install(items, 1);
    }

    private void assertInstalled() throws IOException {
        for (int i = 0; i < names.length; i++) {
            assertArrayEquals(contents[i], Files.readAllBytes(folder.resolve("into").resolve(names[i])));
        }
        try (Stream<Path> files = Files.list(folder.resolve("into"))) {
            assertEquals(names.length, files.count(), "nothing else stays there");
        }
    }

    @Test
    void onlyWhatIsWantedIsFetched() throws Exception {
        CudaInstall install = install(address(), items());
        CudaInstall.Plan plan = install.plan();
        assertEquals(items(), plan.missing());
        assertEquals(370_000, plan.unpacked());
        assertTrue(plan.toFetch() > 180_000 && plan.toFetch() < 200_000, plan::toString);
        AtomicLong last = new AtomicLong();
        install.run(bytes -> {
            assertTrue(bytes > last.get());
            last.set(bytes);
        });
        assertEquals(plan.toFetch(), last.get());
        assertInstalled();
        assertEquals(List.of(), install.plan().missing());
        int before = requests.get();
        install.run(bytes -> {
            throw new AssertionError("nothing is fetched twice");
        });
        assertEquals(before, requests.get());
    }

    @Test
    void aFileOfThisMachineWillDo() throws Exception {
        Path file = Files.write(folder.resolve("carried.jar"), jar);
        install(file.toString(), items()).run(bytes -> { });
        assertInstalled();
        assertEquals(0, requests.get());
    }

    @Test
    void brokenConnectionsAreTakenUp() throws Exception {
        breakAfter = 30_000;
        install(address(), items()).run(bytes -> { });
        assertInstalled();
        assertTrue(sent.get() < jar.length, () -> "fetched again from the start: " + sent);
    }

    @Test
    void anEndedInstallationGoesOnWhereItStopped() throws Exception {
        CudaInstall install = install(address(), items());
        class Ended extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }

        assertThrows(Ended.class, () -> install.run(bytes -> {
            if (bytes > 100_000) {
                throw new Ended();
            }
        }));
        long whole = 0;
        for (Item item : items()) {
            whole += item.size();
        }
        CudaInstall.Plan rest = install.plan();
        assertTrue(rest.toFetch() < 100_000 && rest.unpacked() == whole, rest::toString);
        AtomicLong fetched = new AtomicLong();
        install.run(fetched::set);
        assertEquals(rest.toFetch(), fetched.get());
        assertInstalled();
    }

    @Test
    void damageIsNoticedAndFetchedAgain() throws Exception {
        byte[] sound = jar.clone();
        int inside = new String(sound, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("libbig.so.12") + 10_000;
        jar[inside] ^= 0x10;
        String said = assertThrows(FathomException.class, () -> install(address(), items()).run(bytes -> { }))
            .getMessage();
        assertTrue(said.startsWith("libbig.so.12 from " + address() + " is damaged"), said);
        jar = sound;
        install(address(), items()).run(bytes -> { });
        assertInstalled();
        Files.write(folder.resolve("into/libsmall.so.9"), new byte[70_000]);
        assertEquals(List.of(items().get(1)), install(address(), items()).plan().missing());
        install(address(), items()).run(bytes -> { });
        assertInstalled();
    }

    @Test
    void serversThatCannotAreNamed() throws Exception {
        for (int answer : new int[] {200, 403, 404, 410}) {
            status = answer;
            String said = assertThrows(FathomException.class, () -> install(address(), items()).plan()).getMessage();
            assertTrue(said.startsWith(address()) && (answer == 200 ? said.contains("ignores ranges")
                : said.contains(String.valueOf(answer))), said);
        }
        status = 503;
        String said = assertThrows(FathomException.class, () -> install(address(), items()).plan()).getMessage();
        assertTrue(said.contains("503") && said.contains("goes on where it stopped"), said);
        status = 0;
        breakAfter = 1;
        breaks = 0;
        List<Item> more = new ArrayList<>(items());
        more.add(new Item("libabsent.so", 5, "00"));
        said = assertThrows(FathomException.class, () -> install(address(), more).plan()).getMessage();
        assertTrue(said.contains("holds no libabsent.so"), said);
        jar = random(200_000, 5);
        said = assertThrows(FathomException.class, () -> install(address(), items()).plan()).getMessage();
        assertTrue(said.contains("is not a zip file"), said);
        said = assertThrows(FathomException.class, () -> install("nowhere.jar", items())).getMessage();
        assertTrue(said.contains("There is no file nowhere.jar"), said);
    }

    @Test
    void theStandardListIsWhole() {
        List<Item> items = CudaInstall.standardItems();
        assertEquals(11, items.size());
        assertTrue(items.stream().allMatch(i -> i.sha256().matches("[0-9a-f]{64}") && i.size() > 100_000));
        assertTrue(items.stream().map(Item::name).toList().containsAll(List.of("libcublas.so.12", "libcudnn.so.9")));
        assertEquals("https://example.org/m/org/bytedeco/cuda/12.6-9.5-1.5.11/cuda-12.6-9.5-1.5.11-linux-x86_64-redist"
            + ".jar", InstallSource.of("https://example.org/m/", folder).jar());
    }
}

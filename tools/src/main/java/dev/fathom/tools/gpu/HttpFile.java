package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file on a web server, by ranges (RFC 9110, section 14). A connection that breaks is taken up where it broke. */
final class HttpFile implements RemoteFile {
    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final int TRIES = 5;
    private static final Pattern TOTAL = Pattern.compile("bytes \\d+-\\d+/(\\d+)");

    private final URI uri;
    private final HttpClient client;
    /** Milliseconds before the first new try; each later one waits twice as long. */
    private final long patience;

    HttpFile(URI uri, long patience) {
        this.uri = uri;
        this.patience = patience;
        HttpClient.Builder builder = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT);
        proxy(System.getenv("https_proxy") != null ? System.getenv("https_proxy") : System.getenv("HTTPS_PROXY"),
            builder);
        this.client = builder.build();
    }

    private static void proxy(String variable, HttpClient.Builder builder) {
        if (variable != null && !variable.isBlank()) {
            URI proxy = URI.create(variable.contains("://") ? variable : "http://" + variable);
            builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(),
                proxy.getPort() > 0 ? proxy.getPort() : 8080)));
        }
    }

    @Override
    public String name() {
        return uri.toString();
    }

    @Override
    public long size() throws IOException {
        HttpResponse<InputStream> response = get(0, 1);
        try (InputStream body = response.body()) {
            body.readAllBytes();
            Matcher total = TOTAL.matcher(response.headers().firstValue("content-range").orElse(""));
            if (!total.matches()) {
                throw new FathomException(uri + " does not say how large it is; take another repository by --from.");
            }
            return Long.parseLong(total.group(1));
        }
    }

    @Override
    public void read(long from, long count, OutputStream out) throws IOException {
        long done = 0;
        for (int broken = 0; done < count;) {
            long before = done;
            try (InputStream body = get(from + done, count - done).body()) {
                byte[] buffer = new byte[1 << 16];
                for (int got; done < count && (got = body.read(buffer, 0, (int) Math.min(buffer.length,
                    count - done))) > 0;) {
                    out.write(buffer, 0, got);
                    done += got;
                }
                if (done < count) {
                    throw new IOException("the connection ended " + (count - done) + " bytes early");
                }
            } catch (IOException e) {
                // Only tries in a row without a single byte count: a slow line may break often.
                broken = done > before ? 1 : broken + 1;
                if (broken == TRIES) {
                    throw e;
                }
                pause(patience << broken - 1);
            }
        }
    }

    private HttpResponse<InputStream> get(long from, long count) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(uri).header("Range", "bytes=" + from + "-" + (from + count - 1))
            .header("User-Agent", "fathom").build();
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() != 206) {
                response.body().close();
                throw refused(response.statusCode());
            }
            return response;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private IOException refused(int status) throws IOException {
        if (status >= 500) {
            return new IOException("the server answers " + status);
        }
        throw new FathomException(switch (status) {
            case 404 -> uri + " is not there (404); is it the address of a Maven repository that has"
                + " org.bytedeco:cuda?";
            case 401, 403, 407 -> uri + " may not be read (" + status + "); give another repository by --from.";
            case 200 -> uri + " cannot be read in pieces, the server ignores ranges; give another repository by"
                + " --from.";
            default -> uri + " answers " + status + "; give another repository by --from.";
        });
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}

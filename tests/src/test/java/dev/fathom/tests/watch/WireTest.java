package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.models.protobuf.ProtobufMessage;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Our protobuf writer as another reader sees it, and that reader's check sum by its known value. */
class WireTest {
    @Test
    void whatIsWrittenIsRead() {
        Wire wire = Wire.parse(new ProtobufMessage().integer(1, 300).integer(2, -1).real(3, -1.5f).real64(4, 1e-300)
                .reals64(5, 1, -2.5, Double.MAX_VALUE).text(6, "Tiefe µ").bytes(7, new byte[] {0, -1})
                .message(1000, new ProtobufMessage().integer(1, 0)).reals64(8).toBytes());
        assertEquals(300, wire.integer(1));
        assertEquals(-1, wire.integer(2));
        assertEquals(-1.5f, wire.real(3));
        assertEquals(1e-300, wire.real64(4));
        assertArrayEquals(new double[] {1, -2.5, Double.MAX_VALUE}, wire.packed(5));
        assertEquals("Tiefe µ", wire.text(6));
        assertArrayEquals(new byte[] {0, -1}, wire.bytes(7));
        assertEquals(0, wire.message(1000).integer(1));
        assertEquals(0, wire.packed(8).length);
    }

    /** The check value of CRC-32C in RFC 3720 and in every catalogue: that of the digits 1 to 9. */
    @Test
    void theCheckSumIsCastagnolis() {
        assertEquals(0xE3069283, EventRecords.crc32c("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9));
    }
}

//! The checksum of files: the CRC-32 of zlib.

static CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The file's checksum, the CRC-32 of zlib, ready to be fed.
pub fn checksum() -> crate::Digest<'static, u32> {
    CRC.digest()
}

/// [`checksum`] by halves of a byte: a table of 64 bytes where the other's takes 1 KiB.
pub(super) struct Crc32(u32);

impl Crc32 {
    pub fn new() -> Self {
        Self(u32::MAX)
    }

    pub fn update(&mut self, bytes: &[u8]) {
        #[rustfmt::skip]
        const TABLE: [u32; 16] = [
            0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c,
            0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
        ];
        for &byte in bytes {
            self.0 ^= u32::from(byte);
            for _ in 0..2 {
                self.0 = self.0 >> 4 ^ TABLE.get(self.0 as usize % 16).copied().unwrap_or_default();
            }
        }
    }

    pub fn finish(self) -> u32 {
        !self.0
    }
}

/// [`Crc32`] of `bytes`.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.finish()
}

//! Letters as cameras burn them into their pictures: five by seven dots, white with a dark edge.

use events::Size;

use crate::air::Caption;

/// Rows from top to bottom, five bits each, the left dot is the highest bit.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b00100, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        ':' => [0, 0b00100, 0b00100, 0, 0b00100, 0b00100, 0],
        '-' => [0, 0, 0, 0b11111, 0, 0, 0],
        'A' => [0b00100, 0b01010, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001],
        'C' => [0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111],
        'D' => [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        'E' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        'G' => [0b01111, 0b10000, 0b10000, 0b10111, 0b10001, 0b10001, 0b01111],
        'H' => [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'I' => [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        'L' => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'M' => [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
        'N' => [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001],
        'O' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'P' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
        'R' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        'S' => [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        'T' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'U' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'V' => [0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b01010, 0b00100],
        'W' => [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001],
        'Z' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111],
        _ => [0; 7],
    }
}

/// Dots a letter with its gap is wide.
const ADVANCE: usize = 6;

/// `[x1, y1, x2, y2]` of a caption in 0..1 of a 16:9 picture.
pub(crate) fn caption_box(caption: &Caption) -> [f64; 4] {
    let letters = caption.text.as_ref().map_or(19, |text| text.chars().count());
    let dot = f64::from(caption.size) / 7.0;
    let (x, y) = (f64::from(caption.at.0), f64::from(caption.at.1));
    [x, y, (x + dot * (ADVANCE * letters) as f64 * 9.0 / 16.0).min(1.0), y + f64::from(caption.size)]
}

/// Writes the captions that are shown at `t` over the picture.
pub(crate) fn write(planes: &mut [Vec<u8>; 3], size: Size, captions: &[Caption], t: f32) {
    for caption in captions.iter().filter(|caption| caption.from <= t && t < caption.until) {
        let clock;
        let text = match &caption.text {
            Some(text) => text,
            None => {
                let now = caption.clock + t.max(0.0) as u32;
                clock = format!("2026-05-12 {:02}:{:02}:{:02}", now / 3600 % 24, now / 60 % 60, now % 60);
                &clock
            }
        };
        line(planes, size, caption, text);
    }
}

fn line(planes: &mut [Vec<u8>; 3], size: Size, caption: &Caption, text: &str) {
    let (w, h) = (size.width as i32, size.height as i32);
    let dot = ((caption.size * h as f32 / 7.0).round() as i32).max(1);
    let (x0, y0) = ((caption.at.0 * w as f32) as i32, (caption.at.1 * h as f32) as i32);
    // First the edges, then the letters on them.
    for (grow, luma) in [(1, 30u8), (0, 228)] {
        for (n, letter) in text.chars().enumerate() {
            for (row, bits) in glyph(letter).into_iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    let (x, y) = (x0 + (n as i32 * ADVANCE as i32 + column) * dot, y0 + row as i32 * dot);
                    for py in (y - grow).max(0)..(y + dot + grow).min(h) {
                        for px in (x - grow).max(0)..(x + dot + grow).min(w) {
                            planes[0][(py * w + px) as usize] = luma;
                            let half = (py / 2 * (w / 2) + px / 2) as usize;
                            planes[1][half] = 128;
                            planes[2][half] = 128;
                        }
                    }
                }
            }
        }
    }
}

//! `fenchel report` as a browser shows it: Chromium, which `cargo xtask test` installs.

use std::path::Path;
use std::process::Command;

/// Widths of a desktop window and of a phone, in pixels.
const WIDTHS: [u32; 2] = [1280, 390];
/// Largest report, in bytes.
const LARGEST: usize = 3_000_000;

fn fenchel(folder: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel")).current_dir(folder).args(arguments).output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the page as Chromium renders it, and what it logs.
fn chromium(folder: &Path, width: u32, page: &Path) -> (String, String) {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--window-size={width},2000"))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium: run `cargo xtask test`, which installs it");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_report_fits_desk_and_phone_without_an_error_or_a_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // A name that would be an element if it weren't escaped.
    fenchel(folder, &["train", "--epochs", "5", "--quiet", "--out", "<i id=bad>run"]);
    fenchel(folder, &["train", "--epochs", "5", "--objective", "backprop", "--quiet", "--out", "other"]);
    fenchel(folder, &["report", "<i id=bad>run", "other", "--output", "report.html"]);
    let report = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    assert!(report.len() < LARGEST, "{} bytes", report.len());
    assert!(!report.contains("http"), "a request to somewhere");
    // The page's own width, as its title: it must not be wider than the window.
    let probe = "<script>document.title = 'width ' + document.documentElement.scrollWidth + ' of ' + \
                 innerWidth + ', ' + document.querySelectorAll('svg').length + ' figures, ' + \
                 document.querySelectorAll('#bad').length + ' bad'</script>";
    let page = folder.join("probed.html");
    std::fs::write(&page, format!("{report}{probe}")).expect("written");
    for width in WIDTHS {
        let (dom, log) = chromium(folder, width, &page);
        let title =
            dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).expect("a title").0;
        let numbers: Vec<u32> = title.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        let [page, window, figures, bad] = numbers[..] else { panic!("{title}") };
        assert!(page <= window, "{title}");
        assert!(figures >= 8 && bad == 0, "{title}");
        assert!(!log.contains("CONSOLE"), "{log}");
    }
}

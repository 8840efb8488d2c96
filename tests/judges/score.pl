# Reads mails, each after its length in four bytes; answers a line of JSON for each: what Debian's
# SpamAssassin says by its local rules, without a network and without what it learned before.
use strict;
use warnings;
use JSON::PP;
use Mail::SpamAssassin;

binmode STDIN;
binmode STDOUT;
$| = 1;
my $judge = Mail::SpamAssassin->new({
    local_tests_only => 1,
    dont_copy_prefs => 1,
    userprefs_filename => '/dev/null',
    post_config_text => "use_bayes 0\nclear_report_template\n",
});

while (read(STDIN, my $length, 4) == 4) {
    read(STDIN, my $content, unpack('N', $length));
    my $mail = $judge->parse($content);
    my $status = $judge->check($mail);
    my %rules = map { $_ => 0 + ($status->{conf}{scores}{$_} // 0) }
        split /,/, $status->get_names_of_tests_hit();
    print encode_json({ score => 0 + $status->get_score(), rules => \%rules }), "\n";
    $status->finish();
    $mail->finish();
}

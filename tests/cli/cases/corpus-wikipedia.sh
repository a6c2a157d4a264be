# A Wikipedia dump as text: markup goes, what people read stays; redirects,
# other pages and short ones are left out; a dump that is cut is an error.
need bzip2 awk ee-tokenize
cat > dump.xml <<'XML'
<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="en">
  <siteinfo><sitename>Wikipedia</sitename></siteinfo>
  <page>
    <title>Otter</title>
    <ns>0</ns>
    <id>1</id>
    <revision>
      <model>wikitext</model>
      <text bytes="900" xml:space="preserve">{{Short description|A mammal}}
{{Infobox animal
| name = Otter {{small|(common)}}
| image = [[File:Otter.jpg|thumb]]
}}
[[File:Sea otter.jpg|thumb|left|A [[sea otter]] with ''food'' &amp; a stone]]
'''Otters''' are [[carnivore|carnivorous]] [[mammal]]s in the subfamily '''''Lutrinae'''''.&lt;ref name=&quot;a&quot;&gt;{{cite book|title=Otters}}&lt;/ref&gt; They eat fish&lt;ref name=&quot;a&quot; /&gt; &amp;ndash; and crabs.&lt;!-- no
comment --&gt;

== Names ==
The word ''otter'' is of {{lang|ang|[[Old English]]}} [https://example.org/x origin]: &lt;math&gt;a_{i} &lt; b&lt;/math&gt;
* one ''den''&lt;br /&gt;
** a [[Holt (den)|holt]]
# {{convert|5|kg|lb}} or 5&amp;nbsp;kg &lt;small&gt;at most&lt;/small&gt;
{| class=&quot;wikitable&quot;
|-
! a !! b
|-
| 1 || 2
|}
&lt;gallery&gt;
File:A.jpg|a
&lt;/gallery&gt;
A family of otters is &quot;a bevy&quot;.
[[Category:Otters]]
[[de:Otter]]
__NOTOC__</text>
    </revision>
  </page>
  <page>
    <title>Otters</title>
    <ns>0</ns>
    <redirect title="Otter" />
    <revision><text xml:space="preserve">#REDIRECT [[Otter]] and so on and on and on and on</text></revision>
  </page>
  <page>
    <title>Talk:Otter</title>
    <ns>1</ns>
    <revision><text xml:space="preserve">I do not agree at all with what is written here.</text></revision>
  </page>
  <page>
    <title>Empty</title>
    <ns>0</ns>
    <revision><text bytes="0" /></revision>
  </page>
  <page>
    <title>Short</title>
    <ns>0</ns>
    <revision><text xml:space="preserve">Too short.</text></revision>
  </page>
  <page>
    <title>Z&#252;rich</title>
    <ns>0</ns>
    <revision>
      <text xml:space="preserve">Zürich is a city. AT&amp;amp;T is 1 &amp;lt; 2 and {{unclosed template.
The second line follows.</text>
    </revision>
  </page>
</mediawiki>
XML
wiki() { "$TOP/pipelines/corpus/wikipedia.sh" "$@"; }
wiki -l 30 dump.xml | tee text
bzip2 -k dump.xml
gzip -k dump.xml
for f in dump.xml.bz2 dump.xml.gz; do wiki -l 30 $f | cmp - text; done
wiki -l 30 - < dump.xml | cmp - text
wiki dump.xml | wc -l
wiki -l 30 dump.xml | gzip | ee-tokenize -m "$TOP/tests/golden/models/tiny-gpt2" |
	ee-tokenize -m "$TOP/tests/golden/models/tiny-gpt2" -d | cmp - text
# by other kinds of awk, where they are there
for awk in mawk gawk original-awk busybox; do
	command -v $awk > /dev/null || continue
	mkdir -p bin
	ln -sf "$(command -v $awk)" bin/awk
	PATH=$PWD/bin:$PATH wiki -l 30 dump.xml | cmp - text
done
head -n 30 dump.xml > cut.xml
wiki -l 30 cut.xml > part
echo "status $?"
head -c 500 dump.xml.bz2 > cut.xml.bz2
wiki -l 30 cut.xml.bz2 2> err > part
echo "status $?"
tail -n 1 err
wiki 2>&1
echo "status $?"
wiki nothing 2>&1
